using Mlp.Runtime.Inference;
using static Mlp.Runtime.Tests.Inference.TestPlatform;

namespace Mlp.Runtime.Tests.Inference;

public sealed class InferenceSlotTests
{
    [Fact]
    public async Task Run_CancelledWhileItRuns_EndsAndLeavesTheSlotUsable()
    {
        var fixture = new SlotFixture(TestGraphs.Loop(), Regression());
        using var slot = fixture.CreateSlot(256);
        slot.Rows.Reset(256);
        slot.Rows.Float32.Fill(1e15f);
        using var cancellation = new CancellationTokenSource();

        // Only the cancellation ends it, however late that comes.
        var cancelled = Task.Factory.StartNew(() => slot.Run(interruptible: true, cancellation.Token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        await Task.Delay(20);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);

        slot.Rows.Reset(1);
        slot.Rows.Float32.Fill(3);
        slot.Run(interruptible: true, CancellationToken.None);
        Assert.Equal(3, slot.Score.ValueOf(0, 0), 1e-3);
        fixture.Session.Release();
    }

    [Fact]
    public void Dispose_LastLease_DisposesOfTheSessionOnceOnly()
    {
        var fixture = new SlotFixture(TestGraphs.Logistic(1), Binary());
        var slot = fixture.CreateSlot();

        fixture.Session.Release();
        Assert.False(fixture.Session.IsDisposed, "The slot still holds a lease.");
        slot.Rows.Reset(1);
        slot.Run(interruptible: false, CancellationToken.None);
        slot.Dispose();

        Assert.True(fixture.Session.IsDisposed);
        Assert.False(fixture.Session.TryAcquire());
        Assert.Throws<ObjectDisposedException>(() => fixture.CreateSlot());
    }

    [Fact]
    public void Run_ManyDifferentSizes_GivesEachItsAnswer()
    {
        var fixture = new SlotFixture(TestGraphs.Logistic(1), Binary());
        using var slot = fixture.CreateSlot(256);
        for (var round = 0; round < 2; round++)
        {
            for (var rowCount = 1; rowCount <= 256; rowCount += 3)
            {
                slot.Rows.Reset(rowCount);
                slot.Rows.Float32.Fill(rowCount);
                slot.Run(interruptible: false, CancellationToken.None);
                Assert.Equal(1 / (1 + Math.Exp(-rowCount)), slot.Score.ValueOf(rowCount - 1, 0), 1e-6);
            }
        }

        fixture.Session.Release();
    }

    [Fact]
    public void Run_ShapeIsNotAsDeclared_AnswersEveryTimeAnew()
    {
        var fixture = new SlotFixture(TestGraphs.Lying(1), Regression());
        using var slot = fixture.CreateSlot(7);
        for (var round = 1; round <= 3; round++)
        {
            slot.Rows.Reset(7);
            slot.Rows.Float32.Fill(round);
            slot.Run(interruptible: false, CancellationToken.None);
            Assert.Equal(round, slot.Score.ValueOf(6, 0));
        }

        fixture.Session.Release();
    }
}
