using Apache.Arrow;

namespace Mlp.Training.Sampling;

/// <summary>Finds columns by name.</summary>
internal static class Columns
{
    /// <summary>The place of a column.</summary>
    /// <exception cref="TrainingDataException">There is none of that name.</exception>
    public static int IndexOf(Schema schema, string name)
    {
        var index = schema.GetFieldIndex(name);
        return index >= 0
            ? index
            : throw new TrainingDataException($"Expected a column '{name}' in the training set, but found {string.Join(", ", schema.FieldsList.Select(f => $"'{f.Name}'"))}.", name);
    }
}
