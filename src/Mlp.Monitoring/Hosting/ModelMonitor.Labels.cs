using Mlp.Monitoring.Labels;
using Mlp.Runtime;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Registry;

namespace Mlp.Monitoring.Hosting;

/// <content>Recording labels.</content>
public sealed partial class ModelMonitor
{
    /// <summary>Records what became known about a prediction. When the task completes, it is on the device; callers who come at the same time share one flush.</summary>
    /// <param name="predictionId">The prediction; it need not be in the log yet.</param>
    /// <param name="label">The truth: 0 or 1 for a binary model, the index of the class for several classes, the number itself for a regression. Finite.</param>
    /// <param name="observedAt">When it became known. Of several labels of one prediction the one observed last counts, then the one recorded last.</param>
    /// <param name="cancellationToken">Ends the wait; the label may be recorded all the same.</param>
    /// <exception cref="ArgumentException">The label is NaN or infinite, its prediction or time was never set, or the time lies more than a day after now.</exception>
    /// <exception cref="LogWriteException">The disk refused; trying again may help.</exception>
    /// <exception cref="IOException">The disk refused; trying again may help.</exception>
    public ValueTask RecordLabelAsync(PredictionId predictionId, double label, DateTimeOffset observedAt, CancellationToken cancellationToken = default)
        => RecordLabelAsync(Label.ForPrediction(predictionId, label, observedAt), cancellationToken);

    /// <summary>Records whether a prediction of a binary model belongs to the positive class.</summary>
    /// <param name="predictionId">The prediction; it need not be in the log yet.</param>
    /// <param name="isPositive">Whether it belongs to the positive class.</param>
    /// <param name="observedAt">When it became known.</param>
    /// <param name="cancellationToken">Ends the wait; the label may be recorded all the same.</param>
    /// <inheritdoc cref="RecordLabelAsync(PredictionId, double, DateTimeOffset, CancellationToken)" path="/exception"/>
    public ValueTask RecordLabelAsync(PredictionId predictionId, bool isPositive, DateTimeOffset observedAt, CancellationToken cancellationToken = default)
        => RecordLabelAsync(Label.ForPrediction(predictionId, isPositive, observedAt), cancellationToken);

    /// <summary>Records a label of any kind: of a prediction or of an entity, named or not, or one that retracts.</summary>
    /// <param name="label">The label.</param>
    /// <param name="cancellationToken">Ends the wait; the label may be recorded all the same.</param>
    /// <inheritdoc cref="RecordLabelsAsync" path="/exception"/>
    public ValueTask RecordLabelAsync(Label label, CancellationToken cancellationToken = default) => RecordLabelsAsync(new[] { label }, cancellationToken);

    /// <summary>Records many labels with one flush for each 4,096.</summary>
    /// <param name="labels">The labels.</param>
    /// <param name="cancellationToken">Ends the wait; labels may be recorded all the same.</param>
    /// <exception cref="ArgumentException">A label is NaN or infinite, is about nothing or two things, has a name that no label can have, or a time that was never set or lies more than a day after now; none is recorded.</exception>
    /// <exception cref="ArgumentException">A label names an entity by a key that no version of its model has: of other parts or kinds, or of a model without entities; none is recorded.</exception>
    /// <exception cref="ModelNotFoundException">A label names an entity of a model that is not declared, and of which nothing was ever logged.</exception>
    /// <exception cref="InvalidOperationException">A label is about an entity of a model that redacts columns, and no version of the model is known here yet.</exception>
    /// <exception cref="LogWriteException">The disk refused; trying again may help.</exception>
    /// <exception cref="IOException">The disk refused; trying again may help.</exception>
    public ValueTask RecordLabelsAsync(ReadOnlyMemory<Label> labels, CancellationToken cancellationToken = default)
    {
        Open(_labels);
        RequireEntities(labels.Span);
        return _labels.RecordAsync(_writer.LabelKeys.Redact(labels), cancellationToken);
    }

    /// <summary>Refuses labels by entity that can meet no prediction; what is wrong with a label itself, the store says.</summary>
    private void RequireEntities(ReadOnlySpan<Label> labels)
    {
        foreach (ref readonly var label in labels)
        {
            if (label.Model is { } model && label.FindProblem(DateTimeOffset.MaxValue) is null)
            {
                RequireKnown(model);
                _labelKeys.Require(model, label.EntityKey.Span);
            }
        }
    }
}
