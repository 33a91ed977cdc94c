using System.Runtime.InteropServices;
using Apache.Arrow;
using Mlp.Runtime.Data;

namespace Mlp.Training.Preprocessing;

/// <summary>The values of one feature over all rows, with their statuses. Grows by Arrow arrays; not thread-safe while it grows.</summary>
internal abstract class TableColumn(FeatureColumn feature)
{
    private readonly List<FeatureStatus> _statuses = [];

    public FeatureColumn Feature { get; } = feature;

    public ReadOnlySpan<FeatureStatus> Statuses => CollectionsMarshal.AsSpan(_statuses);

    public int RowCount => _statuses.Count;

    public static TableColumn Create(FeatureColumn feature) => feature.Type switch
    {
        FeatureType.Float32 when feature.IsVector => new VectorTableColumn(feature),
        FeatureType.Float32 => new NumberColumn<float>(feature, float.NaN),
        FeatureType.Float64 => new NumberColumn<double>(feature, double.NaN),
        FeatureType.Int64 => new NumberColumn<long>(feature, 0),
        FeatureType.Boolean => new BooleanColumn(feature),
        FeatureType.String => new TextColumn(feature),
        _ => throw new ArgumentOutOfRangeException(nameof(feature), $"Expected a known type of feature '{feature.Name}', but found {feature.Type}."),
    };

    /// <summary>How many numbers a row has: of a vector its elements.</summary>
    public virtual int ElementCount => 1;

    /// <summary>One of the numbers of each row.</summary>
    /// <param name="element">Which, from 0.</param>
    public virtual INumberSource SourceOf(int element) => (INumberSource)this;

    public bool IsPresent(int row) => _statuses[row] == FeatureStatus.Present;

    /// <summary>Adds the rows of a column.</summary>
    /// <param name="array">The values; null where not present.</param>
    /// <param name="viewStatuses">Why values are not present, or null when nobody says.</param>
    public void Append(IArrowArray array, UInt8Array? viewStatuses)
    {
        AppendValues(array);
        for (var row = 0; row < array.Length; row++)
        {
            _statuses.Add(array.IsValid(row) ? FeatureStatus.Present : Absence(viewStatuses?.GetValue(row)));
        }
    }

    protected abstract void AppendValues(IArrowArray array);

    protected TrainingDataException WrongType(IArrowArray array)
        => new($"Expected column '{Feature.Name}' to hold {VectorLength.Describe(Feature)} values, but found the Arrow type {array.Data.DataType.Name}.", Feature.Name);

    private static FeatureStatus Absence(byte? viewStatus)
        => viewStatus is (byte)FeatureStatus.Missing or (byte)FeatureStatus.Expired ? (FeatureStatus)viewStatus.Value : FeatureStatus.Null;
}
