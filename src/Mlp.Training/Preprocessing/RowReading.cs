using Mlp.Runtime.Models;

namespace Mlp.Training.Preprocessing;

/// <summary>What a reader of <see cref="LabelledRows"/> takes beside features, labels and times.</summary>
internal sealed record RowReading
{
    /// <summary>Labels are numbers, and every row counts the same.</summary>
    public static RowReading Numbers { get; } = new() { Task = ModelTask.Regression };

    /// <summary>
    /// What labels are: numbers for regression and ranking; classes, texts or whole numbers, for <see cref="ModelTask.MulticlassClassification"/>; for
    /// <see cref="ModelTask.BinaryClassification"/> the numbers 0 and 1, or two texts.
    /// </summary>
    public required ModelTask Task { get; init; }

    /// <summary>The classes in the order of their numbers; empty to learn them from the rows, in ascending order.</summary>
    public IReadOnlyList<string> ClassNames { get; init; } = [];

    /// <summary>Whether rows may count differently; a set with a weight column is refused otherwise.</summary>
    public bool TakesWeights { get; init; }

    /// <summary>The column whose equal neighbours are ranked together; null for none.</summary>
    public string? GroupColumn { get; init; }

    /// <summary>Whether the rows validate: <see cref="ClassNames"/> are then those of the training rows, none where their labels are numbers.</summary>
    public bool IsValidation { get; init; }
}
