namespace Mlp.Benchmarks.Features.Pushes;

/// <summary>Times of the pushes of a way, and its rate in every turn. Thread-safe for pushes.</summary>
/// <param name="pushes">Greatest number of pushes.</param>
internal sealed class PushTimes(int pushes)
{
    private readonly double[] _pushes = new double[pushes];
    private readonly List<double> _rates = [];
    private int _count;

    internal void AddPush(TimeSpan time) => _pushes[Interlocked.Increment(ref _count) - 1] = time.TotalMicroseconds;

    internal void AddTurn(int rows, TimeSpan time) => _rates.Add(rows / time.TotalSeconds);

    /// <summary>Median, least and greatest of the ratios of rates, round by round.</summary>
    internal string RatioTo(PushTimes other)
    {
        var ratios = _rates.Zip(other._rates, (mine, theirs) => mine / theirs).Order().ToList();
        return FormattableString.Invariant($"{ratios[ratios.Count / 2]:F2} ({ratios[0]:F2} to {ratios[^1]:F2})");
    }

    public override string ToString()
    {
        var rates = _rates.Order().ToList();
        System.Array.Sort(_pushes, 0, _count);
        return FormattableString.Invariant($"{rates[rates.Count / 2]:N0} rows/s ({rates[0]:N0} to {rates[^1]:N0}), a push p50 {At(0.5):N0} us, p99 {At(0.99):N0} us");
    }

    private double At(double quantile) => _pushes[(int)(quantile * (_count - 1))];
}
