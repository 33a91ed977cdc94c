using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.ML.OnnxRuntime;
using Mlp.Runtime.Accelerators;
using Mlp.Runtime.Inference;

namespace Mlp.Runtime.Tests.Batching;

/// <summary>An engine whose runs wait until the test lets them go, and then are those of another session.</summary>
internal sealed class GatedSession(ExecutionSession inner) : ExecutionSession(null, AcceleratorChoice.Cpu)
{
    private readonly Channel<int> _begun = Channel.CreateUnbounded<int>();
    private readonly ConcurrentDictionary<int, bool> _released = new();
    private readonly Lock _lock = new();
    private int _permits;
    private int _tickets;

    /// <summary>Whether runs wait.</summary>
    public bool IsGated { get; set; }

    /// <summary>Rows of every run that has begun.</summary>
    public ConcurrentQueue<int> Runs { get; } = new();

    /// <summary>Called by every run with its rows before it runs.</summary>
    public Action<int>? Running { get; set; }

    /// <summary>Waits until one more run has begun.</summary>
    /// <returns>Its ticket.</returns>
    public async Task<int> BegunAsync() => await _begun.Reader.ReadAsync();

    /// <summary>Lets one run go, whichever others wait.</summary>
    /// <param name="ticket">Its ticket.</param>
    public void ReleaseRun(int ticket) => _released[ticket] = true;

    /// <summary>Lets runs go that wait, or will.</summary>
    public void Release(int count = 1) => Interlocked.Add(ref _permits, count);

    public override BoundShape Bind(InputBuffer[] inputs, OutputBuffer[] outputs, int rowCount) => new Shape(this, inner.Bind(inputs, outputs, rowCount));

    private bool TryPass()
    {
        lock (_lock)
        {
            return Volatile.Read(ref _permits) > 0 && Interlocked.Decrement(ref _permits) >= 0;
        }
    }

    private sealed class Shape(GatedSession owner, BoundShape shape) : BoundShape(shape.RowCount)
    {
        public override void Run(RunOptions options)
        {
            owner.Runs.Enqueue(RowCount);
            if (owner.IsGated)
            {
                var ticket = Interlocked.Increment(ref owner._tickets);
                owner._begun.Writer.TryWrite(ticket);
                SpinWait.SpinUntil(() => owner._released.TryRemove(ticket, out _) || owner.TryPass());
            }

            owner.Running?.Invoke(RowCount);
            shape.Run(options);
        }

        public override void Dispose() => shape.Dispose();
    }
}
