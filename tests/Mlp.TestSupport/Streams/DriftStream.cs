namespace Mlp.TestSupport.Streams;

/// <summary>
/// Rows of independent features with a known change at a known row, suddenly or little by little: what detection delay and false alarms are measured on. Numeric features are standard normal, categorical
/// ones have eight categories with shares that halve; the label is 1 with probability 1/(1 + exp(−(x0 − x1))), which is also the score. The same seed gives the same rows. Not thread-safe.
/// </summary>
public sealed class DriftStream
{
    private const int CategoryCount = 8;

    private static readonly string[] Names = [.. Enumerable.Range(0, CategoryCount).Select(i => $"c{i}")];

    private readonly Random _random;
    private double? _spare;

    /// <summary>Creates a stream.</summary>
    /// <param name="numericCount">Numeric features, at least 2.</param>
    /// <param name="categoricalCount">Categorical features, at least 1.</param>
    /// <param name="seed">The seed.</param>
    public DriftStream(int numericCount, int categoricalCount, int seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(numericCount, 2);
        ArgumentOutOfRangeException.ThrowIfLessThan(categoricalCount, 1);
        _random = new Random(seed);
        Numbers = new double[numericCount];
        Categories = new string[categoricalCount];
    }

    /// <summary>What changes.</summary>
    public StreamChange Change { get; init; }

    /// <summary>How much: see <see cref="StreamChange"/>.</summary>
    public double Size { get; init; }

    /// <summary>The row with which it begins.</summary>
    public long ChangeRow { get; init; }

    /// <summary>Rows over which it grows from nothing to its size; 0 for all at once.</summary>
    public long TransitionRowCount { get; init; }

    /// <summary>Rows made so far.</summary>
    public long RowCount { get; private set; }

    /// <summary>Numeric features of the newest row; NaN is missing.</summary>
    public double[] Numbers { get; }

    /// <summary>Categorical features of the newest row.</summary>
    public string[] Categories { get; }

    /// <summary>The truth of the newest row, 0 or 1.</summary>
    public byte Label { get; private set; }

    /// <summary>What a model that knows the rule of the beginning says of the newest row, 0 to 1.</summary>
    public double Score { get; private set; }

    /// <summary>Makes the next row.</summary>
    public void MoveNext()
    {
        var progress = Progress(RowCount++);
        for (var i = 0; i < Numbers.Length; i++)
        {
            Numbers[i] = NextNormal();
        }

        for (var i = 0; i < Categories.Length; i++)
        {
            Categories[i] = Names[Math.Min((int)-Math.Log2(1 - _random.NextDouble()), CategoryCount - 1)];
        }

        Score = 1 / (1 + Math.Exp(Numbers[1] - Numbers[0]));
        var turned = Change == StreamChange.Concept && _random.NextDouble() < progress * Size;
        Label = _random.NextDouble() < (turned ? 1 - Score : Score) ? (byte)1 : (byte)0;
        Apply(progress);
    }

    private void Apply(double progress)
    {
        switch (Change)
        {
            case StreamChange.MeanShift:
                Numbers[0] += progress * Size;
                break;
            case StreamChange.Variance:
                Numbers[0] *= Math.Sqrt(1 + (progress * (Size - 1)));
                break;
            case StreamChange.NewCategory when _random.NextDouble() < progress * Size:
                Categories[0] = "new";
                break;
            case StreamChange.MissingBurst when _random.NextDouble() < progress * Size:
                Numbers[0] = double.NaN;
                break;
            default:
                break;
        }
    }

    private double Progress(long row)
        => row < ChangeRow ? 0 : TransitionRowCount == 0 ? 1 : Math.Min((row - ChangeRow + 1) / (double)TransitionRowCount, 1);

    // Marsaglia's polar method, both numbers used.
    private double NextNormal()
    {
        if (_spare is { } spare)
        {
            _spare = null;
            return spare;
        }

        double x;
        double y;
        double square;
        do
        {
            x = (2 * _random.NextDouble()) - 1;
            y = (2 * _random.NextDouble()) - 1;
            square = (x * x) + (y * y);
        }
        while (square is >= 1 or 0);

        var factor = Math.Sqrt(-2 * Math.Log(square) / square);
        _spare = y * factor;
        return x * factor;
    }
}
