using System.Diagnostics.CodeAnalysis;
using System.Runtime.ExceptionServices;
using Mlp.Training.Networks.Devices;

namespace Mlp.Training.Networks;

/// <summary>
/// Gathers the batches of a training in order, ahead of the thread that trains, into memory that is used again. One thread takes. What it hands out does not depend on how far it is
/// ahead.
/// </summary>
internal sealed class BatchLoader : IDisposable
{
    private readonly BatchSource _source;
    private readonly int _accumulation;
    private readonly int _lastEpoch;
    private readonly TrainingBatch[] _batches;
    private readonly SemaphoreSlim _free;
    private readonly SemaphoreSlim _filled = new(0);
    private readonly CancellationTokenSource _closing = new();
    private readonly Thread? _thread;
    private ExceptionDispatchInfo? _failure;
    private long _filledCount;
    private long _takenCount;
    private int _epoch;
    private int _index;

    /// <summary>Begins.</summary>
    /// <param name="source">Where the batches come from; nobody else uses it while this object lives.</param>
    /// <param name="accumulation">Batches of a step.</param>
    /// <param name="ahead">Batches to gather ahead; 0 gathers each when it is taken.</param>
    /// <param name="epoch">The first epoch.</param>
    /// <param name="index">The first batch within it.</param>
    /// <param name="lastEpoch">The last epoch.</param>
    /// <param name="device">Where the network lies; null for the processor.</param>
    public BatchLoader(BatchSource source, int accumulation, int ahead, int epoch, int index, int lastEpoch, TrainingDevice? device = null)
    {
        (_source, _accumulation, _lastEpoch) = (source, accumulation, lastEpoch);
        (_epoch, _index) = (epoch, index);
        _batches = [.. Enumerable.Range(0, ahead + 1).Select(_ => source.NewBatch())];
        Array.ForEach(_batches, b => b.GoTo(device ?? TrainingDevice.Host));
        _free = new(_batches.Length);
        if (ahead > 0)
        {
            _thread = new Thread(Run) { IsBackground = true, Name = "mlp-batches" };
            _thread.Start();
        }
    }

    /// <summary>The next batch, which is the caller's until the next call.</summary>
    /// <exception cref="InvalidOperationException">All batches of all epochs were taken.</exception>
    public TrainingBatch Take(CancellationToken cancellationToken)
    {
        if (_thread is null)
        {
            return Fill(cancellationToken) ? _batches[0] : throw Over();
        }

        if (_takenCount > 0)
        {
            _free.Release();
        }

        _filled.Wait(cancellationToken);
        if (_takenCount == Volatile.Read(ref _filledCount))
        {
            _failure?.Throw();
            throw Over();
        }

        return _batches[_takenCount++ % _batches.Length];
    }

    public void Dispose()
    {
        _closing.Cancel();
        _thread?.Join();
        _closing.Dispose();
        _free.Dispose();
        _filled.Dispose();
        foreach (var batch in _batches)
        {
            batch.Dispose();
        }
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "It is thrown where the batch is taken.")]
    private void Run()
    {
        try
        {
            do
            {
                _free.Wait(_closing.Token);
            }
            while (Fill(_closing.Token));
        }
        catch (OperationCanceledException) when (_closing.IsCancellationRequested)
        {
            return;
        }
        catch (Exception e)
        {
            _failure = ExceptionDispatchInfo.Capture(e);
        }

        _filled.Release();
    }

    private bool Fill(CancellationToken cancellationToken)
    {
        if (_index == _source.BatchCountOf(_epoch))
        {
            (_epoch, _index) = (_epoch + 1, 0);
        }

        if (_epoch > _lastEpoch)
        {
            return false;
        }

        var batch = _batches[_filledCount % _batches.Length];
        _source.Fill(batch, _epoch, _index, cancellationToken);
        var first = _index / _accumulation * _accumulation;
        batch.StepRows = _source.CountOf(_epoch, first, Math.Min(first + _accumulation, _source.BatchCountOf(_epoch)));
        (batch.Epoch, batch.Index) = (_epoch, _index++);
        Volatile.Write(ref _filledCount, _filledCount + 1);
        if (_thread is not null)
        {
            _filled.Release();
        }

        return true;
    }

    private static InvalidOperationException Over() => new("Expected another batch, but the last epoch is over.");
}
