using Mlp.Monitoring.Labels;
using Mlp.Monitoring.PredictionLog;
using Mlp.Runtime.Data;

namespace Mlp.Monitoring.Redaction;

/// <summary>
/// Redacts the keys of labels by entity as those of the predictions are, so that the two meet and the key itself stands in no file of labels either. Thread-safe.
/// </summary>
/// <param name="configuration">What is redacted.</param>
/// <param name="findKeys">The parts of a model's key, or null where no version of it is known here.</param>
internal sealed class LabelKeyRedaction(PredictionLogConfiguration configuration, Func<string, IReadOnlyList<KeyColumn>?> findKeys)
{
    /// <summary>The labels as they are recorded.</summary>
    /// <param name="labels">The labels.</param>
    /// <returns>The same memory where nothing is redacted.</returns>
    /// <exception cref="ArgumentException">A key has other parts than its model's, or parts of it are left out or rounded in the log, so that it names no entity there.</exception>
    /// <exception cref="InvalidOperationException">Nobody knows which part of the key is which.</exception>
    public ReadOnlyMemory<Label> Redact(ReadOnlyMemory<Label> labels)
    {
        Label[]? redacted = null;
        for (var i = 0; i < labels.Length; i++)
        {
            ref readonly var label = ref labels.Span[i];
            if (label.Model is { } model && !label.EntityKey.IsEmpty && FindRedactor(model, label.EntityKey.Length) is { } redactor)
            {
                redacted ??= labels.ToArray();
                redacted[i] = label with { EntityKey = redactor.Redact(label.EntityKey.Span) };
            }
        }

        return redacted ?? labels;
    }

    private KeyRedactor? FindRedactor(string model, int length)
    {
        if (configuration.RedactionOf(model) is not { } redaction)
        {
            return null;
        }

        var keys = findKeys(model) ?? throw new InvalidOperationException(
            $"Expected to know the parts of the entity key of model '{model}', of which some may be redacted, but none of its versions has been in service or logged here yet: record the label by prediction id, or when one has.");
        if (KeyRedactor.For(redaction, keys) is not { } redactor)
        {
            return null;
        }

        if (keys.Count != length)
        {
            throw new ArgumentException($"Expected an entity key of {keys.Count} parts ({string.Join(", ", keys.Select(k => $"'{k.Name}'"))}) for a label of model '{model}', but found {length}.");
        }

        return redactor.IsLossy
            ? throw new ArgumentException($"Expected a label of model '{model}' to name its prediction by id, but it names an entity: parts of the entity key are left out or rounded in the log, where it could be anybody's.")
            : redactor;
    }
}
