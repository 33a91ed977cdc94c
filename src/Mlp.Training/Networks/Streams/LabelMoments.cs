namespace Mlp.Training.Networks.Streams;

/// <summary>Count, mean and spread of labels, and how many rows each class has, of rows that are seen once. Two of them can be joined (Chan, Golub and LeVeque, 1979). Not thread-safe.</summary>
internal sealed class LabelMoments
{
    private readonly bool _hasClasses;
    private double _squares;
    private double _least = double.PositiveInfinity;
    private double _most = double.NegativeInfinity;

    /// <summary>Begins without rows.</summary>
    /// <param name="hasClasses">Whether labels are numbers of classes.</param>
    public LabelMoments(bool hasClasses) => _hasClasses = hasClasses;

    /// <summary>Number of rows.</summary>
    public long Count { get; private set; }

    /// <summary>Mean of the labels.</summary>
    public double Mean { get; private set; }

    /// <summary>Their standard deviation, divisor n; exactly 0 where all are one number.</summary>
    public double Deviation => Count == 0 || _least == _most ? 0 : Math.Sqrt(_squares / Count);

    /// <summary>Sum of the rows' weights.</summary>
    public double WeightSum { get; private set; }

    /// <summary>Rows, and the sum of their weights, by class.</summary>
    public Dictionary<int, (long Count, double WeightSum)> Classes { get; } = [];

    /// <summary>Adds a row.</summary>
    public void Add(double label, double weight)
    {
        Count++;
        var distance = label - Mean;
        Mean += distance / Count;
        _squares += distance * (label - Mean);
        WeightSum += weight;
        (_least, _most) = (Math.Min(_least, label), Math.Max(_most, label));
        if (_hasClasses)
        {
            AddClass((int)label, 1, weight);
        }
    }

    /// <summary>Takes over the rows of another one, which has none afterwards.</summary>
    public void Take(LabelMoments other)
    {
        if (other.Count == 0)
        {
            return;
        }

        var count = Count + other.Count;
        var distance = other.Mean - Mean;
        _squares += other._squares + (distance * distance * Count * other.Count / count);
        (Mean, Count, WeightSum) = (Mean + (distance * other.Count / count), count, WeightSum + other.WeightSum);
        (_least, _most) = (Math.Min(_least, other._least), Math.Max(_most, other._most));
        foreach (var (number, (rows, weight)) in other.Classes)
        {
            AddClass(number, rows, weight);
        }

        other.Clear();
    }

    /// <summary>Begins again without rows.</summary>
    public void Clear()
    {
        (Count, Mean, _squares, WeightSum, _least, _most) = (0, 0, 0, 0, double.PositiveInfinity, double.NegativeInfinity);
        Classes.Clear();
    }

    private void AddClass(int number, long rows, double weight)
    {
        var (count, sum) = Classes.GetValueOrDefault(number);
        Classes[number] = (count + rows, sum + weight);
    }
}
