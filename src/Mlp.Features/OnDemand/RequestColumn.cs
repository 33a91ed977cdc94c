using Apache.Arrow;
using Mlp.Runtime.Data;

namespace Mlp.Features.OnDemand;

/// <summary>One column of requests; the getter that fits its type is the one that is called.</summary>
/// <param name="array">The values.</param>
/// <param name="rowsBefore">Number of rows in earlier batches, for messages.</param>
internal sealed class RequestColumn(IArrowArray array, long rowsBefore)
{
    private readonly VectorColumn _vectors = VectorColumn.TryCreate(array)!;

    /// <summary>What a row is called in messages.</summary>
    public long NumberOf(int row) => rowsBefore + row + 1;

    public float? GetFloat32(int row) => ((FloatArray)array).GetValue(row);

    public double? GetFloat64(int row) => ((DoubleArray)array).GetValue(row);

    public long? GetInt64(int row) => ((Int64Array)array).GetValue(row);

    public bool? GetBoolean(int row) => ((BooleanArray)array).GetValue(row);

    public float[]? GetArray(int row) => _vectors.IsNull(row) ? null : _vectors.ValuesOf(row).ToArray();

    // Typed, because null would become an empty memory.
    public ReadOnlyMemory<float>? GetMemory(int row) => GetArray(row) is { } vector ? vector.AsMemory() : default(ReadOnlyMemory<float>?);

    public string? GetString(int row) => ((StringArray)array).GetString(row);
}
