using Mlp.Runtime.Data;
using Mlp.Runtime.Predictions;

namespace Mlp.Monitoring.Labels;

/// <summary>
/// What became known: about one answer, or about one entity of a model at one time. Exactly one of <see cref="PredictionId"/> and of <see cref="Model"/> with <see cref="EntityKey"/> and
/// <see cref="EventTime"/> is set; <see cref="ForPrediction(PredictionId, double?, DateTimeOffset, string)"/> and <see cref="ForEntity"/> do so. Immutable.
/// </summary>
public readonly record struct Label
{
    /// <summary>The name of a label that nobody named.</summary>
    public const string DefaultName = "label";

    /// <summary>Which truth this is, where a model has several that become known one after the other, for example <c>tip</c> and <c>tip_30d</c>; named like a model. The default is <see cref="DefaultName"/>.</summary>
    public string Name
    {
        get => field ?? DefaultName;
        init;
    }

    /// <summary>The answer that was served; null for a label of an entity.</summary>
    public PredictionId? PredictionId { get; init; }

    /// <summary>The model that was asked about the entity; null for a label of a prediction.</summary>
    public string? Model { get; init; }

    /// <summary>The entity key in the order of the model's feature service; empty for a label of a prediction.</summary>
    public ReadOnlyMemory<EntityValue> EntityKey { get; init; }

    /// <summary>The time that the entity was asked about, which is the predictions' <c>event_time</c>; null for a label of a prediction.</summary>
    public DateTimeOffset? EventTime { get; init; }

    /// <summary>
    /// The truth: 0 or 1 for a binary model, the index of the class for several classes, the number itself for a regression. Finite. Null retracts: from then on there is no label of that name.
    /// </summary>
    public double? Value { get; init; }

    /// <summary>When it became known, at most a day after now, which clocks may differ by. The label observed last is the one that counts.</summary>
    public DateTimeOffset ObservedAt { get; init; }

    /// <summary>A label of an answer.</summary>
    /// <param name="predictionId">The answer that was served.</param>
    /// <param name="value">The truth, or null to retract.</param>
    /// <param name="observedAt">When it became known.</param>
    /// <param name="name">Which truth this is.</param>
    /// <returns>The label.</returns>
    public static Label ForPrediction(PredictionId predictionId, double? value, DateTimeOffset observedAt, string name = DefaultName)
        => new() { PredictionId = predictionId, Value = value, ObservedAt = observedAt, Name = name };

    /// <summary>A label of an answer of a binary model.</summary>
    /// <param name="predictionId">The answer that was served.</param>
    /// <param name="isPositive">Whether it is the positive class.</param>
    /// <param name="observedAt">When it became known.</param>
    /// <param name="name">Which truth this is.</param>
    /// <returns>The label.</returns>
    public static Label ForPrediction(PredictionId predictionId, bool isPositive, DateTimeOffset observedAt, string name = DefaultName)
        => ForPrediction(predictionId, isPositive ? 1.0 : 0.0, observedAt, name);

    /// <summary>A label of every answer that a model gave about an entity at a time, for who does not know their ids.</summary>
    /// <param name="model">Model name.</param>
    /// <param name="entityKey">The entity key in the order of the model's feature service.</param>
    /// <param name="eventTime">The time that the entity was asked about: the predictions' <c>event_time</c>, to the microsecond.</param>
    /// <param name="value">The truth, or null to retract.</param>
    /// <param name="observedAt">When it became known.</param>
    /// <param name="name">Which truth this is.</param>
    /// <returns>The label.</returns>
    public static Label ForEntity(
        string model, ReadOnlyMemory<EntityValue> entityKey, DateTimeOffset eventTime, double? value, DateTimeOffset observedAt, string name = DefaultName)
        => new() { Model = model, EntityKey = entityKey, EventTime = eventTime, Value = value, ObservedAt = observedAt, Name = name };

    /// <summary>What is wrong with the label, as the end of a sentence; null when it can be recorded. Values never appear in it.</summary>
    /// <param name="now">The time.</param>
    internal string? FindProblem(DateTimeOffset now)
    {
        var hasEntity = Model is not null || !EntityKey.IsEmpty || EventTime is not null;
        if (PredictionId is not null == hasEntity)
        {
            return hasEntity ? "both a prediction and an entity" : "neither a prediction nor an entity";
        }

        if (hasEntity && (Model is null || EntityKey.IsEmpty || EventTime is null))
        {
            return "an entity without its model, key or event time";
        }

        if (Model is not null && PlatformName.FindProblem(Model, "model") is not null)
        {
            return "a name that no model can have";
        }

        if (PlatformName.FindProblem(Name, "label") is not null)
        {
            return $"the label name '{Name}', which is not made of lower-case letters, digits, '-', '_' and '.'";
        }

        if (PredictionId is { } id && id == default)
        {
            return "the id of a prediction that was never set";
        }

        if (ObservedAt == default || EventTime == default(DateTimeOffset))
        {
            return "a time that was never set";
        }

        if (ObservedAt - now > TimeSpan.FromDays(1))
        {
            // No later label could ever correct it.
            return "a time of observation more than a day after now";
        }

        return Value is { } value && !double.IsFinite(value) ? "NaN or infinity" : null;
    }
}
