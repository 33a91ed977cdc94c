using System.Globalization;
using System.Text;

namespace Mlp.Training.Distributed.DataParallel.Tuning;

/// <summary>
/// Decides when which size of buckets is tried, and which was the fastest. Sizes take turns, so that what else the machine does meets all of them; what counts is the median. All ranks make the same turns; the times are each one's own.
/// </summary>
/// <param name="sizes">Bytes of a bucket; the first is the one that was asked for.</param>
/// <param name="stepsPerSize">Steps to measure of each.</param>
/// <param name="timeProvider">The clock.</param>
internal sealed class BucketTuner(IReadOnlyList<int> sizes, int stepsPerSize, TimeProvider timeProvider)
{
    // One step after a change is not measured: caches and connections get used to it.
    private const int StepsPerTurn = 2;

    // What is asked for stays unless another is faster by more than what the machine makes of it.
    private const double Margin = 0.98;

    private readonly List<(int Size, double Milliseconds)> _times = [];
    private long _started;
    private long _steps;

    /// <summary>Sizes that are tried when the setting is one of several; they span what the largest and the smallest networks want.</summary>
    public static IReadOnlyList<int> Candidates { get; } = [256 << 10, 1 << 20, 4 << 20, 16 << 20, 64 << 20];

    /// <summary>The size, by its place, of the step under way.</summary>
    public int Current => (int)(_steps / (StepsPerTurn + 1) % sizes.Count);

    /// <summary>Whether every size has been tried as often as it is to be.</summary>
    public bool IsDone => _steps >= (long)sizes.Count * ((stepsPerSize + StepsPerTurn - 1) / StepsPerTurn) * (StepsPerTurn + 1);

    /// <summary>Begins to measure: gradients are about to be computed and sent.</summary>
    public void Begin() => _started = timeProvider.GetTimestamp();

    /// <summary>Ends a step: all gradients are sums.</summary>
    public void End()
    {
        if (_steps % (StepsPerTurn + 1) > 0)
        {
            _times.Add((Current, timeProvider.GetElapsedTime(_started).TotalMilliseconds));
        }

        _steps++;
    }

    /// <summary>The fastest size, by its place.</summary>
    public int Fastest()
    {
        var medians = Medians();
        var best = Enumerable.Range(0, sizes.Count).MinBy(i => medians[i]);
        return medians[best] < Margin * medians[0] ? best : 0;
    }

    /// <summary>The median time of each size, in milliseconds.</summary>
    public double[] Medians() => [.. Enumerable.Range(0, sizes.Count).Select(i =>
    {
        var times = _times.Where(t => t.Size == i).Select(t => t.Milliseconds).Order().ToArray();
        return times.Length == 0 ? double.NaN : (times[(times.Length - 1) / 2] + times[times.Length / 2]) / 2;
    })];

    /// <summary>What was measured, as a sentence.</summary>
    public string Describe()
        => string.Join(", ", sizes.Zip(Medians()).OrderBy(p => p.First).Select(p => string.Create(CultureInfo.InvariantCulture, $"{p.Second:N2} ms with {p.First:N0} bytes")));

    /// <summary>All times, as comma-separated values.</summary>
    public string Report()
    {
        var text = new StringBuilder("bucket_bytes,milliseconds\n");
        foreach (var (size, milliseconds) in _times)
        {
            text.Append(CultureInfo.InvariantCulture, $"{sizes[size]},{milliseconds:F4}\n");
        }

        return text.ToString();
    }
}
