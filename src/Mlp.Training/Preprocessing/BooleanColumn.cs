using System.Runtime.InteropServices;
using Apache.Arrow;
using Mlp.Runtime.Data;

namespace Mlp.Training.Preprocessing;

/// <summary>A truth-value feature; as a number it is 0 or 1.</summary>
internal sealed class BooleanColumn(FeatureColumn feature) : TableColumn(feature), INumberSource
{
    private readonly List<bool> _values = [];

    public ReadOnlySpan<bool> Values => CollectionsMarshal.AsSpan(_values);

    public double NumberAt(int row) => !IsPresent(row) ? double.NaN : _values[row] ? 1 : 0;

    protected override void AppendValues(IArrowArray array)
    {
        if (array is not BooleanArray boolean)
        {
            throw WrongType(array);
        }

        for (var row = 0; row < boolean.Length; row++)
        {
            _values.Add(boolean.GetValue(row) == true);
        }
    }
}
