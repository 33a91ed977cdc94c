using Mlp.Runtime.Batching;

namespace Mlp.Runtime.Tests.Batching;

public sealed class BatchSizerTests
{
    private const long Millisecond = 1_000_000;

    private readonly CostCurve _curve = new();

    [Theory]
    [InlineData(3, 3, "Idle")]
    [InlineData(7, 7, "Idle")]
    [InlineData(8, 8, "Full")]
    [InlineData(30, 8, "Full")]
    public void Choose_TimeEnough_TakesAllOrTheMaximum(int waiting, int rowCount, string reason)
    {
        Know(perRun: 0, perRow: 1);

        Assert.Equal((rowCount, Enum.Parse<BatchCloseReason>(reason)), Sizer().Choose(waiting, 100 * Millisecond, hasTimeout: true, wasCut: false));
    }

    [Fact]
    public void Choose_TimeoutOfTheFirst_TakesWhatItAllows()
    {
        Know(perRun: 0, perRow: 1);

        Assert.Equal((5, BatchCloseReason.Deadline), Sizer().Choose(20, (5 * Millisecond) + 1, hasTimeout: true, wasCut: false));
    }

    [Fact]
    public void Choose_TimeoutCutTheBatchBefore_TakesAll()
    {
        Know(perRun: 0, perRow: 1);

        Assert.Equal((8, BatchCloseReason.Full), Sizer().Choose(20, 5 * Millisecond, hasTimeout: true, wasCut: true));
    }

    [Fact]
    public void Choose_FirstIsLateAnyway_TakesAll()
    {
        Know(perRun: 0, perRow: 1);

        Assert.Equal((4, BatchCloseReason.Idle), Sizer().Choose(4, Millisecond - 1, hasTimeout: true, wasCut: false));
        Assert.Equal((4, BatchCloseReason.Idle), Sizer().Choose(4, -Millisecond, hasTimeout: false, wasCut: false));
    }

    [Fact]
    public void Choose_BudgetOfTheFirst_IsKeptWhereRowsStayCheap()
    {
        Know(perRun: 1, perRow: 1);

        // 7 rows take 8 ms, 8 rows 9 ms: a row costs 1.14 ms instead of 1.125.
        Assert.Equal((7, BatchCloseReason.Budget), Sizer().Choose(20, 8 * Millisecond, hasTimeout: false, wasCut: false));

        // 2 rows take 3 ms: a row would cost a third more.
        Assert.Equal((8, BatchCloseReason.Full), Sizer().Choose(20, 3 * Millisecond, hasTimeout: false, wasCut: false));
    }

    [Fact]
    public void BoundSize_IsExactForSmallBatchesAndFillsUpASixteenthAtMost()
    {
        var sizer = new BatchSizer(1_000, _curve);

        Assert.All(Enumerable.Range(1, 32), n => Assert.Equal(n, sizer.BoundSize(n)));
        Assert.All(Enumerable.Range(33, 968), n => Assert.InRange(sizer.BoundSize(n), n, Math.Min(1_000, n * 17 / 16)));
        Assert.Equal(Enumerable.Range(1, 1_000).Select(sizer.BoundSize).Distinct().Count(), sizer.BoundSizeCount);
        Assert.InRange(sizer.BoundSizeCount, 32, 32 + (5 * 16));
    }

    private BatchSizer Sizer() => new(8, _curve);

    private void Know(int perRun, int perRow)
    {
        for (var size = 1; size <= 8; size *= 2)
        {
            _curve.Learn(size, (perRun + (size * perRow)) * Millisecond);
        }
    }
}
