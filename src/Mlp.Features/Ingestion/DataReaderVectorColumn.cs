using Apache.Arrow;
using Mlp.Features.Interop;
using Mlp.Runtime.Data;

namespace Mlp.Features.Ingestion;

/// <summary>A column of vectors: arrays or lists of float, or of double where every element has an exact float32. Lengths and null elements are looked at later.</summary>
internal sealed class DataReaderVectorColumn(string name) : DataReaderColumn(name, Sql.VectorType, VectorColumn.StagedType, isText: false)
{
    private const string Expected = "arrays or lists of float or double";

    private FloatArray.Builder _elements = new();
    private ArrowBuffer.Builder<int> _offsets = new ArrowBuffer.Builder<int>().Append(0);
    private ArrowBuffer.BitmapBuilder _validity = new();
    private int _nulls;

    /// <summary>Whether values of a type are certain to be lists of floats.</summary>
    /// <param name="type">Type of a column.</param>
    internal static bool IsFloats(Type type) => type.IsAssignableTo(typeof(IEnumerable<float>)) || type.IsAssignableTo(typeof(IEnumerable<float?>));

    /// <summary>Whether values of a type may be taken for vectors. Providers that allow arrays of any rank say no more than that it is an array.</summary>
    /// <param name="type">Type of a column.</param>
    internal static bool MayBeVectors(Type type)
        => IsFloats(type) || type.IsAssignableTo(typeof(IEnumerable<double>)) || type.IsAssignableTo(typeof(IEnumerable<double?>)) || type == typeof(System.Array);

    internal override void Append(object? value, Func<string, string, Exception> refuse)
    {
        switch (value)
        {
            case null:
                _nulls++;
                break;
            case float[] vector:
                _elements.Append(vector.AsSpan());
                break;
            case IEnumerable<float> vector:
                _elements.AppendRange(vector);
                break;
            case IEnumerable<float?> vector:
                foreach (var element in vector)
                {
                    Append(element);
                }

                break;
            case IEnumerable<double> vector:
                AppendDoubles(vector.Select(element => (double?)element), refuse);
                break;
            case IEnumerable<double?> vector:
                AppendDoubles(vector, refuse);
                break;
            default:
                throw refuse(Expected, $"{DataReaderColumns.NameOf(value.GetType())}");
        }

        _validity.Append(value is not null);
        _offsets.Append(_elements.Length);
    }

    internal override IArrowArray Build()
    {
        var elements = _elements.Build();
        var array = new ListArray(new ArrayData(Type, _validity.Length, _nulls, 0, [_validity.Build(), _offsets.Build()], [elements.Data]));
        (_elements, _offsets, _validity, _nulls) = (new FloatArray.Builder(), new ArrowBuffer.Builder<int>().Append(0), new ArrowBuffer.BitmapBuilder(), 0);
        return array;
    }

    private void AppendDoubles(IEnumerable<double?> vector, Func<string, string, Exception> refuse)
    {
        var number = 0;
        foreach (var element in vector)
        {
            number++;
            var narrow = (float?)element;
            if (narrow is { } value && value != element && !float.IsNaN(value))
            {
                throw refuse("numbers that 32 bits hold exactly", FormattableString.Invariant($"another as element {number}"));
            }

            Append(narrow);
        }
    }

    private void Append(float? element) => _ = element is { } present ? _elements.Append(present) : _elements.AppendNull();
}
