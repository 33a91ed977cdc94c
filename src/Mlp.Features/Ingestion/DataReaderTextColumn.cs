using Apache.Arrow;
using Apache.Arrow.Types;

namespace Mlp.Features.Ingestion;

/// <summary>A column of texts, or of values whose text says them exactly.</summary>
internal sealed class DataReaderTextColumn(string name, bool isText, Func<object, string> convert) : DataReaderColumn(name, "VARCHAR", StringType.Default, isText)
{
    private StringArray.Builder _values = new();

    internal override void Append(object? value, Func<string, string, Exception> refuse)
    {
        if (value is null)
        {
            _values.AppendNull();
            return;
        }

        var text = convert(value);
        _values.Append(TextRule.FindFault(text) is { } fault ? throw refuse(TextRule.Expected, fault) : text);
    }

    internal override IArrowArray Build()
    {
        var array = _values.Build();
        _values = new StringArray.Builder();
        return array;
    }
}
