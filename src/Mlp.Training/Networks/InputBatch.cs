using System.Runtime.InteropServices;
using Mlp.Training.Networks.Devices;
using Mlp.Training.Preprocessing;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace Mlp.Training.Networks;

/// <summary>Memory for what a network takes of a batch: numbers, and ids for layers that embed them. Whoever holds it fills it or reads it; never both at once.</summary>
internal sealed class InputBatch : IDisposable
{
    private Tensor? _dense;
    private Tensor? _ids;

    /// <summary>Takes the memory.</summary>
    /// <param name="capacity">Rows at most.</param>
    /// <param name="width">Dense inputs of the network.</param>
    /// <param name="idCount">Ids of a row.</param>
    public InputBatch(int capacity, int width, int idCount)
    {
        _dense = width > 0 ? New(torch.float32, capacity, width) : null;
        _ids = idCount > 0 ? New(torch.int64, capacity, idCount) : null;
    }

    /// <summary>Rows that it holds.</summary>
    public int Count { get; private set; }

    /// <summary>Shape (rows, width), float32; null where the encoding has no dense part. Belongs to the caller's scope.</summary>
    public Tensor? Dense => _dense?.narrow(0, 0, Count);

    /// <summary>Shape (rows, id columns), int64; null where the encoding has no ids. Belongs to the caller's scope.</summary>
    public Tensor? Ids => _ids?.narrow(0, 0, Count);

    /// <summary>The memory of an int64 tensor on the processor.</summary>
    public static Span<long> Integers(Tensor tensor) => MemoryMarshal.Cast<byte, long>(tensor.bytes);

    /// <summary>A tensor that lives until it is disposed of.</summary>
    public static Tensor New(torch.ScalarType type, params long[] shape) => torch.zeros(shape, type, torch.CPU).DetachFromDisposeScope();

    /// <summary>Takes memory from which copies to a device cost least.</summary>
    public void Pin(TrainingDevice device)
    {
        _dense = _dense is null ? null : device.Pinned(_dense);
        _ids = _ids is null ? null : device.Pinned(_ids);
    }

    /// <summary>Fills it with chosen rows.</summary>
    public void Gather(EncodedRows source, ReadOnlySpan<int> rows)
    {
        Count = rows.Length;
        if (_dense is not null)
        {
            source.Gather(rows, FlatParameters.Floats(_dense));
        }

        if (_ids is not null)
        {
            source.GatherIds(rows, Integers(_ids));
        }
    }

    /// <summary>Fills it with a run of rows.</summary>
    public void Copy(EncodedRows source, int start, int count)
    {
        Count = count;
        if (_dense is not null)
        {
            source.Copy(start, count, FlatParameters.Floats(_dense));
        }

        if (_ids is not null)
        {
            source.CopyIds(start, count, Integers(_ids));
        }
    }

    public void Dispose()
    {
        _dense?.Dispose();
        _ids?.Dispose();
    }
}
