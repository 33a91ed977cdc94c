using System.Globalization;
using Apache.Arrow;

namespace Mlp.Training.Preprocessing;

/// <summary>Turns labels into numbers of classes, with the names of the classes. Not thread-safe.</summary>
internal sealed class ClassLabels
{
    private readonly string _column;
    private readonly bool _isLearned;
    private readonly List<string> _names;
    private readonly Dictionary<string, int> _codes;
    private bool _areNumbers;

    /// <summary>Begins.</summary>
    /// <param name="column">Name of the label column, for messages.</param>
    /// <param name="known">The classes in order; empty to learn them.</param>
    public ClassLabels(string column, IReadOnlyList<string> known)
    {
        _column = column;
        _isLearned = known.Count == 0;
        _names = [.. known];
        _codes = new(StringComparer.Ordinal);
        for (var i = 0; i < known.Count; i++)
        {
            _codes.Add(known[i], i);
        }
    }

    /// <summary>The classes in the order of their numbers.</summary>
    public IReadOnlyList<string> Names => _names;

    /// <summary>Adds the numbers of the classes of a column.</summary>
    /// <exception cref="TrainingDataException">A row has no label, no class, or one that is not among those known.</exception>
    public void Append(IArrowArray array, List<double> destination)
    {
        if (array is StringArray text)
        {
            for (var row = 0; row < text.Length; row++)
            {
                destination.Add(CodeOf(text.IsValid(row) ? text.GetString(row) : throw LabelColumn.NoLabel(_column, destination.Count), destination.Count));
            }

            return;
        }

        _areNumbers = true;
        var start = destination.Count;
        LabelColumn.Append(array, _column, destination);
        for (var row = start; row < destination.Count; row++)
        {
            if (destination[row] != Math.Floor(destination[row]) || Math.Abs(destination[row]) > long.MaxValue / 1024)
            {
                throw new TrainingDataException($"Expected label '{_column}' to be a class, a text or a whole number, but row {row} holds a fraction.", _column, row);
            }

            destination[row] = CodeOf(((long)destination[row]).ToString(CultureInfo.InvariantCulture), row);
        }
    }

    /// <summary>Brings learned classes into ascending order, and the numbers of the rows with them.</summary>
    public void Complete(Span<double> labels)
    {
        if (!_isLearned)
        {
            return;
        }

        var order = Enumerable.Range(0, _names.Count).ToArray();
        System.Array.Sort(order, _areNumbers
            ? (a, b) => long.Parse(_names[a], CultureInfo.InvariantCulture).CompareTo(long.Parse(_names[b], CultureInfo.InvariantCulture))
            : (a, b) => string.CompareOrdinal(_names[a], _names[b]));
        string[] sorted = [.. order.Select(i => _names[i])];
        var places = new int[order.Length];
        for (var i = 0; i < order.Length; i++)
        {
            places[order[i]] = i;
            _names[i] = sorted[i];
        }

        foreach (ref var label in labels)
        {
            label = places[(int)label];
        }
    }

    private int CodeOf(string name, int row)
    {
        if (_codes.TryGetValue(name, out var code))
        {
            return code;
        }

        if (!_isLearned)
        {
            throw new TrainingDataException(
                $"Expected label '{_column}' to be one of the {_names.Count} classes {string.Join(", ", _names.Take(10).Select(n => $"'{n}'"))}{(_names.Count > 10 ? ", …" : string.Empty)}, but row {row} holds a class that was not seen.", _column, row);
        }

        _codes.Add(name, _names.Count);
        _names.Add(name);
        return _names.Count - 1;
    }
}
