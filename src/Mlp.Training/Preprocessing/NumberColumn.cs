using System.Numerics;
using System.Runtime.InteropServices;
using Apache.Arrow;
using Mlp.Runtime.Data;

namespace Mlp.Training.Preprocessing;

/// <summary>A float32, float64 or int64 feature. Narrower Arrow types are widened where that is exact.</summary>
internal sealed class NumberColumn<T>(FeatureColumn feature, T absent) : TableColumn(feature), INumberSource
    where T : unmanaged, INumber<T>
{
    private readonly List<T> _values = [];

    public ReadOnlySpan<T> Values => CollectionsMarshal.AsSpan(_values);

    public double NumberAt(int row) => IsPresent(row) ? double.CreateTruncating(_values[row]) : double.NaN;

    /// <inheritdoc/>
    public void Read(int start, Span<double> destination)
    {
        var values = Values.Slice(start, destination.Length);
        var statuses = Statuses.Slice(start, destination.Length);
        for (var i = 0; i < destination.Length; i++)
        {
            destination[i] = statuses[i] == FeatureStatus.Present ? double.CreateTruncating(values[i]) : double.NaN;
        }
    }

    protected override void AppendValues(IArrowArray array)
    {
        switch (array)
        {
            case PrimitiveArray<T> same:
                Widen(same);
                break;
            case FloatArray single when typeof(T) == typeof(double):
                Widen(single);
                break;
            case Int32Array int32 when typeof(T) == typeof(long):
                Widen(int32);
                break;
            case Int16Array int16 when typeof(T) == typeof(long):
                Widen(int16);
                break;
            case Int8Array int8 when typeof(T) == typeof(long):
                Widen(int8);
                break;
            case UInt32Array uint32 when typeof(T) == typeof(long):
                Widen(uint32);
                break;
            case UInt16Array uint16 when typeof(T) == typeof(long):
                Widen(uint16);
                break;
            case UInt8Array uint8 when typeof(T) == typeof(long):
                Widen(uint8);
                break;
            default:
                throw WrongType(array);
        }
    }

    private void Widen<TSource>(PrimitiveArray<TSource> array)
        where TSource : struct, INumber<TSource>
    {
        var values = array.Values;
        for (var row = 0; row < array.Length; row++)
        {
            _values.Add(array.IsValid(row) ? T.CreateTruncating(values[row]) : absent);
        }
    }
}
