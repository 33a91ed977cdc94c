using System.Numerics;
using Apache.Arrow;
using Mlp.Features.Ingestion;
using Mlp.Runtime.Data;

namespace Mlp.Features.OnDemand;

/// <summary>One field of many requests as a column.</summary>
internal sealed class RequestColumn
{
    private readonly ColumnError _error;

    /// <summary>Wraps a column.</summary>
    /// <param name="array">A column that fits the type without loss.</param>
    /// <param name="type">The type of the field.</param>
    /// <param name="error">Makes the error for a row.</param>
    internal RequestColumn(IArrowArray array, FeatureType type, ColumnError error)
    {
        Array = ArrowColumns.ToFeature(array, type, error);
        _error = error;
    }

    /// <summary>The column in the type of the field.</summary>
    internal IArrowArray Array { get; }

    public float? Float32(int row) => ((FloatArray)Array).GetValue(row);

    public double? Float64(int row) => ((DoubleArray)Array).GetValue(row);

    public long? Int64(int row) => ((Int64Array)Array).GetValue(row);

    public bool? Boolean(int row) => ((BooleanArray)Array).GetValue(row);

    public string? Text(int row) => ((StringArray)Array).GetString(row);

    public T Required<T>(T? value, int row)
        where T : struct
        => value ?? throw _error("a value in every row", "null", row);

    public string RequiredText(string? value, int row) => value ?? throw _error("a value in every row", "null", row);

    public T Narrow<T>(long value, int row)
        where T : INumber<T>
    {
        try
        {
            return T.CreateChecked(value);
        }
        catch (OverflowException)
        {
            throw _error($"an integer that fits {typeof(T).Name}", "one beyond", row);
        }
    }
}
