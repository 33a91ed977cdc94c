namespace Mlp.Training.Networks.Streams;

/// <summary>Count, mean and spread of labels, and how many rows each class has, of rows that are seen once. Two of them can be joined (Chan, Golub and LeVeque, 1979). Not thread-safe.</summary>
internal sealed class LabelMoments
{
    private readonly bool _hasClasses;
    private double _squares;

    /// <summary>Begins without rows.</summary>
    /// <param name="hasClasses">Whether labels are numbers of classes.</param>
    public LabelMoments(bool hasClasses) => _hasClasses = hasClasses;

    /// <summary>Number of rows.</summary>
    public long Count { get; private set; }

    /// <summary>Mean of the labels.</summary>
    public double Mean { get; private set; }

    /// <summary>Their standard deviation, divisor n.</summary>
    public double Deviation => Count == 0 ? 0 : Math.Sqrt(_squares / Count);

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
        foreach (var (number, (rows, weight)) in other.Classes)
        {
            AddClass(number, rows, weight);
        }

        other.Clear();
    }

    /// <summary>Begins again without rows.</summary>
    public void Clear()
    {
        (Count, Mean, _squares, WeightSum) = (0, 0, 0, 0);
        Classes.Clear();
    }

    private void AddClass(int number, long rows, double weight)
    {
        var (count, sum) = Classes.GetValueOrDefault(number);
        Classes[number] = (count + rows, sum + weight);
    }
}
