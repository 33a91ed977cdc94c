namespace Mlp.TestSupport;

/// <summary>Asks what the current thread allocates.</summary>
public static class Allocations
{
    /// <summary>Runs that are made in any case.</summary>
    public const int MinimumRuns = 6;

    /// <summary>Runs that are made while each has shown an allocation: under load each may meet a collection.</summary>
    public const int MaximumRuns = 40;

    /// <summary>
    /// The least number of bytes that the current thread allocates in a run, of some runs after a first one. A collection that another thread starts in the middle is charged with what was left
    /// of this thread's allocation buffer, so a single run can show some kilobytes that nobody allocated; an allocation per call shows in every run.
    /// </summary>
    /// <param name="run">Many calls of what shall not allocate.</param>
    public static long OfBestRun(Action run)
    {
        var least = long.MaxValue;
        for (var i = 0; i < MaximumRuns && (i < MinimumRuns || least > 0); i++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            run();
            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            least = i == 0 ? least : Math.Min(least, allocated);
        }

        return least;
    }
}
