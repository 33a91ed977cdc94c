using Apache.Arrow;
using Apache.Arrow.Types;

namespace Mlp.Features.Ingestion;

/// <summary>A column of truth values.</summary>
internal sealed class DataReaderBooleanColumn(string name) : DataReaderColumn(name, "BOOLEAN", BooleanType.Default, isText: false)
{
    private BooleanArray.Builder _values = new();

    internal override void Append(object? value, Func<string, string, Exception> refuse)
    {
        if (value is null)
        {
            _values.AppendNull();
        }
        else
        {
            _values.Append((bool)value);
        }
    }

    internal override IArrowArray Build()
    {
        var array = _values.Build();
        _values = new BooleanArray.Builder();
        return array;
    }
}
