using Apache.Arrow;
using Mlp.Runtime.Data;

namespace Mlp.Features.Ingestion;

/// <summary>Builds the Arrow column of one feature type.</summary>
internal sealed class ColumnBuilder
{
    private readonly FeatureType _type;
    private readonly int _length;
    private FloatArray.Builder _float32 = new();
    private DoubleArray.Builder _float64 = new();
    private Int64Array.Builder _int64 = new();
    private BooleanArray.Builder _boolean = new();
    private StringArray.Builder _string = new();
    private VectorBuilder? _vector;

    internal ColumnBuilder(FeatureType type, int length = 1)
    {
        (_type, _length) = (type, length);
        _vector = length > 1 ? new VectorBuilder(length) : null;
    }

    internal void Append(float value) => _float32.Append(value);

    internal void Append(double value) => _float64.Append(value);

    internal void Append(long value) => _int64.Append(value);

    internal void Append(bool value) => _boolean.Append(value);

    internal void Append(ReadOnlySpan<float> vector) => _vector!.Append(vector);

    internal void Append(string value) => _string.Append(value);

    /// <summary>A key part in its stored form.</summary>
    internal void AppendKey(in EntityValue value)
    {
        switch (value.Kind)
        {
            case EntityValueKind.Int64:
                _int64.Append(value.AsInt64());
                break;
            case EntityValueKind.String:
                _string.Append(value.AsString());
                break;
            case EntityValueKind.Guid:
                _string.Append(value.AsGuid().ToString("D"));
                break;
            default:
                AppendNull();
                break;
        }
    }

    internal void AppendNull()
    {
        switch (_type)
        {
            case FeatureType.Float32 when _vector is not null:
                _vector.AppendNull();
                break;
            case FeatureType.Float32:
                _float32.AppendNull();
                break;
            case FeatureType.Float64:
                _float64.AppendNull();
                break;
            case FeatureType.Int64:
                _int64.AppendNull();
                break;
            case FeatureType.Boolean:
                _boolean.AppendNull();
                break;
            default:
                _string.AppendNull();
                break;
        }
    }

    /// <summary>The values so far as an array; the builder starts over.</summary>
    internal IArrowArray Build()
    {
        switch (_type)
        {
            case FeatureType.Float32 when _vector is not null:
                var taken = _vector;
                _vector = new VectorBuilder(_length);
                return taken.Build();
            case FeatureType.Float32:
                return Take(ref _float32).Build();
            case FeatureType.Float64:
                return Take(ref _float64).Build();
            case FeatureType.Int64:
                return Take(ref _int64).Build();
            case FeatureType.Boolean:
                return Take(ref _boolean).Build();
            default:
                return Take(ref _string).Build();
        }
    }

    // An array may share the memory of its builder, so the next rows go into a new one.
    private static TBuilder Take<TBuilder>(ref TBuilder builder)
        where TBuilder : new()
    {
        var taken = builder;
        builder = new TBuilder();
        return taken;
    }
}
