using Mlp.Runtime.Accelerators;
using Mlp.Runtime.Data;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;
using Mlp.Runtime.Onnx;
using static Mlp.Runtime.Tests.Inference.TestPlatform;

namespace Mlp.Runtime.Tests.Inference;

public sealed class InferenceSlotTests
{
    [Fact]
    public async Task Run_CancelledWhileItRuns_EndsAndLeavesTheSlotUsable()
    {
        using var fixture = new SlotFixture(TestGraphs.Slow(512, 400), Regression(), 256);
        fixture.Slot.Rows.Reset(256);
        fixture.Slot.Rows.Float32.Fill(3);
        using var cancellation = new CancellationTokenSource();

        var cancelled = Task.Run(() => fixture.Slot.Run(interruptible: true, cancellation.Token));
        await Task.Delay(20);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);

        fixture.Slot.Rows.Reset(1);
        fixture.Slot.Rows.Float32.Fill(3);
        fixture.Slot.Run(interruptible: true, CancellationToken.None);
        Assert.Equal(3, fixture.Slot.Score.ValueOf(0, 0), 1e-3);
    }

    [Fact]
    public void Dispose_LastLease_DisposesOfTheSessionOnceOnly()
    {
        var fixture = new SlotFixture(TestGraphs.Logistic(1), Binary(), 1);

        fixture.Session.Release();
        Assert.False(fixture.Session.IsDisposed, "The slot still holds a lease.");
        fixture.Slot.Rows.Reset(1);
        fixture.Slot.Run(interruptible: false, CancellationToken.None);
        fixture.Slot.Dispose();

        Assert.True(fixture.Session.IsDisposed);
        Assert.False(fixture.Session.TryAcquire());
    }

    [Fact]
    public void Run_ManyDifferentSizes_GivesEachItsAnswer()
    {
        using var fixture = new SlotFixture(TestGraphs.Logistic(1), Binary(), 256);
        for (var round = 0; round < 2; round++)
        {
            for (var rowCount = 1; rowCount <= 256; rowCount += 3)
            {
                fixture.Slot.Rows.Reset(rowCount);
                fixture.Slot.Rows.Float32.Fill(rowCount);
                fixture.Slot.Run(interruptible: false, CancellationToken.None);
                Assert.Equal(1 / (1 + Math.Exp(-rowCount)), fixture.Slot.Score.ValueOf(rowCount - 1, 0), 1e-6);
            }
        }
    }

    /// <summary>A slot with a session of its own.</summary>
    private sealed class SlotFixture : IDisposable
    {
        public SlotFixture(byte[] onnx, ModelOutput output, int capacity)
        {
            var manifest = new ModelManifest
            {
                Name = "m",
                Version = 1,
                CreatedAt = default,
                OnnxSha256 = string.Empty,
                OnnxByteCount = onnx.Length,
                Signature = OnnxModelReader.Read("m", onnx).Signature,
                Output = output,
            };
            Session = ExecutionSession.Create(manifest, onnx, AcceleratorChoice.Cpu);
            var inputs = InputPlan.ForSignature(manifest);
            Slot = new InferenceSlot(Session, inputs, new OutputProbe(manifest, Session, inputs).Run(), 0, capacity);
        }

        public ExecutionSession Session { get; }

        public InferenceSlot Slot { get; }

        public void Dispose()
        {
            Slot.Dispose();
            Session.Release();
        }
    }
}
