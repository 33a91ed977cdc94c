using Mlp.Runtime.Inference;

namespace Mlp.Runtime.Batching;

/// <summary>One of the runs that may go on at once: its rows, its session bound to them, and the calls that it runs. Used by one thread at a time.</summary>
/// <param name="sizer">Which sizes are bound.</param>
/// <param name="capacity">Greatest number of rows.</param>
/// <param name="createSlot">Makes a slot of a number of rows.</param>
internal sealed class BatchLane(BatchSizer sizer, int capacity, Func<int, InferenceSlot> createSlot) : IDisposable
{
    private readonly QueuedCall?[] _calls = new QueuedCall?[capacity];
    private readonly Exception?[] _failures = new Exception?[capacity];
    private InferenceSlot? _alone;

    /// <summary>The rows of a run.</summary>
    public InferenceSlot Slot { get; } = createSlot(capacity);

    /// <summary>Room for calls.</summary>
    public Span<QueuedCall?> Room => _calls;

    /// <summary>Number of calls.</summary>
    public int Count { get; set; }

    /// <summary>The calls.</summary>
    public ReadOnlySpan<QueuedCall?> Calls => _calls.AsSpan(0, Count);

    /// <summary>Why it took no more.</summary>
    public BatchCloseReason Reason { get; set; }

    /// <summary>Copies the rows of the calls.</summary>
    public void Gather()
    {
        Slot.Rows.Restart(sizer.BoundSize(Count));
        for (var row = 0; row < Slot.Rows.RowCount; row++)
        {
            var source = _calls[row < Count ? row : 0]!.Slot.Rows;
            try
            {
                FeatureRowCopy.CopyRow(source, 0, Slot.Rows, row);
            }
            catch (Exception e) when (row < Count)
            {
                // Texts may outgrow the memory that there is.
                _failures[row] = e;
            }
        }
    }

    /// <summary>Runs the rows; if that fails, each one alone, so that only those fail which must.</summary>
    public void Run()
    {
        var withOthers = false;
        foreach (var call in Calls)
        {
            withOthers |= call!.WithOthers;
        }

        try
        {
            Slot.Run(interruptible: false, withOthers, CancellationToken.None);
        }
        catch (Exception) when (Count > 1)
        {
            RunAlone(withOthers);
        }
        catch (Exception e)
        {
            _failures[0] = e;
        }
    }

    /// <summary>Hands a call its row of outputs, or what went wrong with it.</summary>
    /// <param name="row">Row index.</param>
    public void Scatter(int row)
    {
        var call = _calls[row]!;
        call.Failure ??= _failures[row];
        if (call.Failure is null)
        {
            call.Slot.CopyOutputs(Slot, row, 0, call.WithOthers);
            call.Slot.CountRow();
        }
    }

    /// <summary>Forgets the calls.</summary>
    public void Clear()
    {
        _calls.AsSpan(0, Count).Clear();
        _failures.AsSpan(0, Count).Clear();
        Count = 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Slot.Dispose();
        _alone?.Dispose();
    }

    private void RunAlone(bool withOthers)
    {
        _alone ??= createSlot(1);
        for (var row = 0; row < Count; row++)
        {
            try
            {
                if (_failures[row] is not null)
                {
                    continue;
                }

                _alone.Rows.Restart(1);
                FeatureRowCopy.CopyRow(Slot.Rows, row, _alone.Rows, 0);
                _alone.Run(interruptible: false, withOthers, CancellationToken.None);
                Slot.CopyOutputs(_alone, 0, row, withOthers);
            }
            catch (Exception e)
            {
                _failures[row] = e;
            }
        }
    }
}
