using System.Globalization;
using Apache.Arrow;
using Mlp.Runtime.Statistics;

namespace Mlp.Monitoring.Drift;

/// <summary>One column of a reference window: values by slot, of which later rows may take those of earlier ones. Not thread-safe.</summary>
/// <param name="isCategorical">Whether its values are categories.</param>
/// <param name="isSingle">Whether its numbers are float32.</param>
internal sealed class ReferenceColumn(bool isCategorical, bool isSingle)
{
    private double _firstNumber = double.NaN;
    private string? _firstCategory;

    public bool IsCategorical => isCategorical;

    public bool IsSingle => isSingle;

    /// <summary>Whether the rows that came, kept or not, had more than one value; missing ones aside.</summary>
    public bool IsVarying { get; private set; }

    /// <summary>Of categories: one per slot, null where it is missing.</summary>
    public List<string?> Categories { get; } = [];

    /// <summary>Of numbers: one per slot, NaN where it is missing.</summary>
    public List<double> Numbers { get; } = [];

    /// <summary>Takes rows of a batch.</summary>
    /// <param name="array">The column of the batch.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="slots">Where each goes, -1 for nowhere.</param>
    public void Add(IArrowArray array, int[] rows, int[] slots)
    {
        for (var i = 0; i < rows.Length; i++)
        {
            if (slots[i] < 0 && IsVarying)
            {
                continue;
            }

            if (isCategorical)
            {
                Set(slots[i], array.IsNull(rows[i]) ? null : CategoryOf(array, rows[i]));
            }
            else
            {
                Set(slots[i], array.IsNull(rows[i]) ? double.NaN : NumberOf(array, rows[i]));
            }
        }
    }

    /// <summary>Takes rows that have no such column.</summary>
    /// <param name="slots">Where each goes, -1 for nowhere.</param>
    public void AddMissing(int[] slots)
    {
        foreach (var slot in slots)
        {
            if (isCategorical)
            {
                Set(slot, null);
            }
            else
            {
                Set(slot, double.NaN);
            }
        }
    }

    /// <summary>Takes a number.</summary>
    /// <param name="slot">Where it goes, -1 for nowhere.</param>
    /// <param name="number">NaN is missing.</param>
    public void Set(int slot, double number)
    {
        IsVarying |= number != _firstNumber && !double.IsNaN(number) && !double.IsNaN(_firstNumber);
        _firstNumber = double.IsNaN(_firstNumber) ? number : _firstNumber;
        if (slot >= 0)
        {
            Pad(slot + 1);
            Numbers[slot] = number;
        }
    }

    /// <summary>Takes a category.</summary>
    /// <param name="slot">Where it goes, -1 for nowhere.</param>
    /// <param name="category">Null is missing.</param>
    public void Set(int slot, string? category)
    {
        IsVarying |= category is not null && _firstCategory is not null && category != _firstCategory;
        _firstCategory ??= category;
        if (slot >= 0)
        {
            Pad(slot + 1);
            Categories[slot] = category;
        }
    }

    /// <summary>Adds it to a profile.</summary>
    public void AddTo(ReferenceProfileBuilder builder, string name, int rowCount)
    {
        Pad(rowCount);
        if (isCategorical)
        {
            builder.AddCategorical(name, Categories.ToArray());
        }
        else if (isSingle)
        {
            builder.AddNumeric(name, Numbers.Select(n => (float)n).ToArray());
        }
        else
        {
            builder.AddNumeric(name, Numbers.ToArray());
        }
    }

    /// <summary>The column with a value for every slot.</summary>
    public ReferenceColumn Padded(int rowCount)
    {
        Pad(rowCount);
        return this;
    }

    private static string? CategoryOf(IArrowArray array, int row) => array switch
    {
        StringArray texts => texts.GetString(row),
        Int64Array integers => integers.Values[row].ToString(CultureInfo.InvariantCulture),
        _ => null,
    };

    private static double NumberOf(IArrowArray array, int row) => array switch
    {
        FloatArray floats => floats.Values[row],
        DoubleArray doubles => doubles.Values[row],
        Int64Array integers => integers.Values[row],
        BooleanArray booleans => booleans.GetValue(row) == true ? 1 : 0,
        _ => double.NaN,
    };

    // A column that earlier segments do not have is missing in their rows.
    private void Pad(int rowCount)
    {
        while (isCategorical && Categories.Count < rowCount)
        {
            Categories.Add(null);
        }

        while (!isCategorical && Numbers.Count < rowCount)
        {
            Numbers.Add(double.NaN);
        }
    }
}
