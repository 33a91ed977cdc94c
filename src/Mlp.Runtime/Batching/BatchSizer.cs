using System.Numerics;

namespace Mlp.Runtime.Batching;

/// <summary>Decides how many of the waiting calls a run takes. Immutable and thread-safe.</summary>
/// <param name="maximumBatchSize">Greatest number of rows.</param>
/// <param name="curve">What runs take.</param>
internal sealed class BatchSizer(int maximumBatchSize, CostCurve curve)
{
    /// <summary>How much dearer a row may become for the latency budget of the first one.</summary>
    private const double DearerRow = 1.25;

    private const int ExactRows = 32;

    /// <summary>
    /// Decides. The first call is answered in time if it can be: by its timeout, and by its latency budget as long as that makes no row a quarter dearer. A batch that a timeout has cut is
    /// not followed by another cut one while more calls wait than were taken, so that cutting costs at most half of the throughput.
    /// </summary>
    /// <param name="waiting">Calls that wait, from 1.</param>
    /// <param name="timeLeft">Time until the deadline of the first call, nanoseconds.</param>
    /// <param name="hasTimeout">Whether that deadline is the caller's own.</param>
    /// <param name="wasCut">Whether the batch before was cut by a timeout.</param>
    /// <returns>Number of rows, and why there are no more.</returns>
    public (int RowCount, BatchCloseReason Reason) Choose(int waiting, long timeLeft, bool hasTimeout, bool wasCut)
    {
        var most = Math.Min(waiting, maximumBatchSize);
        var all = waiting >= maximumBatchSize ? BatchCloseReason.Full : BatchCloseReason.Idle;
        var whole = curve.Estimate(most);
        if (whole <= timeLeft)
        {
            return (most, all);
        }

        var fitting = curve.LargestWithin(timeLeft, most);
        return fitting == 0 ? (most, all)
            : hasTimeout ? wasCut ? (most, all) : (fitting, BatchCloseReason.Deadline)
            : curve.Estimate(fitting) * (double)most <= DearerRow * whole * fitting ? (fitting, BatchCloseReason.Budget)
            : (most, all);
    }

    /// <summary>
    /// The number of rows that is bound for a batch: a session keeps memory for each size it has run, so beyond 32 rows there are sixteen sizes to each doubling, and rows that repeat the
    /// first one fill up at most a sixteenth.
    /// </summary>
    /// <param name="rowCount">Number of rows.</param>
    public int BoundSize(int rowCount)
    {
        if (rowCount <= ExactRows)
        {
            return rowCount;
        }

        var step = 1 << (BitOperations.Log2((uint)(rowCount - 1)) - 4);
        return Math.Min((rowCount + step - 1) / step * step, maximumBatchSize);
    }

    /// <summary>Number of different sizes that <see cref="BoundSize"/> gives.</summary>
    public int BoundSizeCount => Enumerable.Range(1, maximumBatchSize).Select(BoundSize).Distinct().Count();
}
