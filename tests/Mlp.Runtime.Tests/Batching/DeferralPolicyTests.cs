using Mlp.Runtime.Batching;

namespace Mlp.Runtime.Tests.Batching;

public sealed class DeferralPolicyTests
{
    private readonly CostCurve _curve = new();
    private readonly DeferralPolicy _policy;

    public DeferralPolicyTests()
    {
        for (var size = 1; size <= 64; size *= 2)
        {
            _curve.Learn(size, 20_000 + (1_000 * size));
        }

        _policy = new DeferralPolicy(_curve);
    }

    [Fact]
    public void IsDeferring_OverlapsAndLargeBatches_BeginsAndGoesOn()
    {
        Overlap(31);
        Assert.False(_policy.IsDeferring);
        Overlap(1);
        Assert.True(_policy.IsDeferring);

        Batches(100, rowCount: 30);

        Assert.True(_policy.IsDeferring);
        Assert.True(_policy.Peak >= 30);
    }

    [Fact]
    public void IsDeferring_BatchesOfOne_EndsAndTriesLessAndLessOften()
    {
        foreach (var overlaps in (int[])[32, 64, 128, 256])
        {
            Overlap(overlaps - 1);
            Assert.False(_policy.IsDeferring);
            Overlap(1);
            Assert.True(_policy.IsDeferring);
            Batches(10, rowCount: 1);
            Assert.False(_policy.IsDeferring);
        }
    }

    [Fact]
    public void IsDeferring_CallersLeaveAndComeBack_EndsAndBeginsAgainSoon()
    {
        Overlap(32);
        Batches(82, rowCount: 30);
        Batches(8, rowCount: 1);
        Assert.True(_policy.IsDeferring);
        Batches(8, rowCount: 1);
        Assert.False(_policy.IsDeferring);

        Overlap(32);

        Assert.True(_policy.IsDeferring);
    }

    [Fact]
    public void IsDeferring_NobodyElseComes_EndsAfterTwoCalls()
    {
        Overlap(32);

        _policy.NoteBatch(1, blockedCount: 0, handling: 300, present: 0);
        Assert.True(_policy.IsDeferring);
        _policy.NoteBatch(1, blockedCount: 0, handling: 300, present: 0);

        Assert.False(_policy.IsDeferring);
    }

    [Fact]
    public void IsDeferring_WakingThreadsCostsMoreThanSharingSaves_Ends()
    {
        var cheap = new CostCurve();
        cheap.Learn(1, 3_000);
        cheap.Learn(64, 6_000);
        var policy = new DeferralPolicy(cheap);
        for (var i = 0; i < 32; i++)
        {
            policy.NoteInline(2);
        }

        for (var i = 0; i < 10; i++)
        {
            policy.NoteBatch(30, blockedCount: 30, handling: 3_000, present: 30);
        }

        Assert.False(policy.IsDeferring);
    }

    [Fact]
    public void Peak_FollowsWhatIsPresent()
    {
        _policy.NoteJoin(64);
        Assert.Equal(64, _policy.Peak);

        Batches(60, rowCount: 2);

        Assert.Equal(2, _policy.Peak);
    }

    [Fact]
    public void Peak_SmallerBatchesForAWhile_StaysForEightBatches()
    {
        _policy.NoteJoin(64);

        Batches(15, rowCount: 2);
        Assert.Equal(64, _policy.Peak);
        Batches(1, rowCount: 2);

        Assert.Equal(2, _policy.Peak);
    }

    [Fact]
    public void Handling_CallersWhoBlock_CostAWake()
    {
        Batches(200, rowCount: 10);
        var awaiting = _policy.Handling;
        for (var i = 0; i < 200; i++)
        {
            _policy.NoteBatch(10, blockedCount: 10, handling: 3_000, present: 10);
        }

        Assert.Equal(300 + 800, awaiting, 1.0);
        Assert.Equal(300 + 4_000, _policy.Handling, 1.0);
    }

    private void Overlap(int count)
    {
        for (var i = 0; i < count; i++)
        {
            _policy.NoteInline(running: 2);
        }
    }

    private void Batches(int count, int rowCount)
    {
        for (var i = 0; i < count; i++)
        {
            _policy.NoteJoin(rowCount);
            _policy.NoteBatch(rowCount, blockedCount: 0, handling: 300 * rowCount, present: rowCount);
        }
    }
}
