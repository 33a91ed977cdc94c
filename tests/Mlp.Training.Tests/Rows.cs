using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Runtime.Data;

namespace Mlp.Training.Tests;

/// <summary>Builds Arrow batches for tests, column by column; null is null.</summary>
internal sealed class Rows
{
    private readonly List<Field> _fields = [];
    private readonly List<IArrowArray> _arrays = [];
    private readonly List<FeatureColumn> _features = [];

    public IReadOnlyList<FeatureColumn> Features => _features;

    public Rows Float32(string name, params float?[] values) => Feature(name, FeatureType.Float32, values.Aggregate(new FloatArray.Builder(), (b, v) => v is { } x ? b.Append(x) : b.AppendNull()).Build());

    public Rows Float64(string name, params double?[] values) => Feature(name, FeatureType.Float64, values.Aggregate(new DoubleArray.Builder(), (b, v) => v is { } x ? b.Append(x) : b.AppendNull()).Build());

    public Rows Int64(string name, params long?[] values) => Feature(name, FeatureType.Int64, values.Aggregate(new Int64Array.Builder(), (b, v) => v is { } x ? b.Append(x) : b.AppendNull()).Build());

    public Rows Boolean(string name, params bool?[] values) => Feature(name, FeatureType.Boolean, values.Aggregate(new BooleanArray.Builder(), (b, v) => v is { } x ? b.Append(x) : b.AppendNull()).Build());

    public Rows Text(string name, params string?[] values) => Feature(name, FeatureType.String, values.Aggregate(new StringArray.Builder(), (b, v) => v is null ? b.AppendNull() : b.Append(v)).Build());

    public Rows Vector(string name, int length, params float[]?[] values)
    {
        var lists = new ListArray.Builder(FloatType.Default);
        foreach (var value in values)
        {
            if (value is null)
            {
                lists.AppendNull();
                continue;
            }

            lists.Append();
            ((FloatArray.Builder)lists.ValueBuilder).AppendRange(value);
        }

        _features.Add(new FeatureColumn(name, FeatureType.Float32, "view") { Length = length });
        return Other(name, VectorColumn.TryCreate(lists.Build())!.ToFixedSize(length, (expected, found, row) => new InvalidOperationException($"{expected} {found} {row}")));
    }

    public Rows Other(string name, IArrowArray array)
    {
        _fields.Add(new Field(name, array.Data.DataType, nullable: true));
        _arrays.Add(array);
        return this;
    }

    public Rows Label(string name, params bool[] values) => Other(name, values.Aggregate(new BooleanArray.Builder(), (b, v) => b.Append(v)).Build());

    public Rows Label(string name, params float[] values) => Other(name, new FloatArray.Builder().AppendRange(values).Build());

    public Rows Label(string name, params string[] values) => Other(name, new StringArray.Builder().AppendRange(values).Build());

    public Rows Time(string name, params long[] values) => Other(name, new Int64Array.Builder().AppendRange(values).Build());

    public Rows Declare(string name, FeatureType type)
    {
        _features.Add(new FeatureColumn(name, type, "view"));
        return this;
    }

    public RecordBatch Batch() => new(new Schema(_fields, metadata: null), _arrays, _arrays[0].Length);

    public ArrowTrainingSet Set(string? label = null, string? time = null) => new([Batch()], _features, label, time);

    private Rows Feature(string name, FeatureType type, IArrowArray array)
    {
        Declare(name, type);
        return Other(name, array);
    }
}
