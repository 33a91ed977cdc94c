using Apache.Arrow;
using Apache.Arrow.Types;

namespace Mlp.Features.Ingestion;

/// <summary>A column of numbers, times or truth values.</summary>
internal sealed class DataReaderColumn<T>(string name, string sql, IArrowType type, Func<object, T> convert) : DataReaderColumn(name, sql, type, isText: false)
    where T : struct
{
    private ArrowBuffer.Builder<T> _values = new();
    private ArrowBuffer.BitmapBuilder _validity = new();
    private int _nulls;

    internal override void Append(object? value, Func<string, string, Exception> refuse)
    {
        _values.Append(value is null ? default : convert(value));
        _validity.Append(value is not null);
        _nulls += value is null ? 1 : 0;
    }

    internal override IArrowArray Build()
    {
        var array = ArrowArrayFactory.BuildArray(new ArrayData(Type, _values.Length, _nulls, 0, [_validity.Build(), _values.Build()]));
        (_values, _validity, _nulls) = (new ArrowBuffer.Builder<T>(), new ArrowBuffer.BitmapBuilder(), 0);
        return array;
    }
}
