using Mlp.Training.Networks.Devices;
using Mlp.Training.Preprocessing;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace Mlp.Training.Networks;

/// <summary>Memory for one batch, used again and again. Whoever holds it fills it or reads it; never both at once.</summary>
internal sealed class TrainingBatch : IDisposable
{
    private readonly InputBatch _inputs;
    private Tensor _target;
    private Tensor? _weights;
    private readonly bool _isClasses;

    /// <summary>Takes the memory.</summary>
    /// <param name="capacity">Rows at most.</param>
    /// <param name="width">Dense inputs of the network.</param>
    /// <param name="idCount">Ids of a row.</param>
    /// <param name="isClasses">Whether targets are numbers of classes, int64; float32 otherwise.</param>
    /// <param name="hasWeights">Whether rows count differently.</param>
    public TrainingBatch(int capacity, int width, int idCount, bool isClasses, bool hasWeights)
    {
        _isClasses = isClasses;
        _inputs = new(capacity, width, idCount);
        _target = InputBatch.New(isClasses ? torch.int64 : torch.float32, capacity);
        _weights = hasWeights ? InputBatch.New(torch.float32, capacity) : null;
        Rows = new int[capacity];
        Capacity = capacity;
    }

    /// <summary>Rows at most.</summary>
    public int Capacity { get; }

    /// <summary>Where the network lies that reads it; the batch itself is filled on the processor.</summary>
    public TrainingDevice Device { get; private set; } = TrainingDevice.Host;

    /// <summary>Rows that it holds.</summary>
    public int Count => _inputs.Count;

    /// <summary>The numbers of its rows; the first <see cref="Count"/> are set.</summary>
    public int[] Rows { get; }

    /// <summary>Epoch from 1 that it is of, where a loader has filled it.</summary>
    public int Epoch { get; set; }

    /// <summary>Its place in the epoch, from 0.</summary>
    public int Index { get; set; }

    /// <summary>Rows of all batches of its step, of all replicas.</summary>
    public int StepRows { get; set; }

    /// <summary>Shape (rows, width), float32; null where the encoding has no dense part. Belongs to the caller's scope.</summary>
    public Tensor? Dense => Placed(_inputs.Dense);

    /// <summary>Shape (rows, id columns), int64; null where the encoding has no ids. Belongs to the caller's scope.</summary>
    public Tensor? Ids => Placed(_inputs.Ids);

    /// <summary>Shape (rows): float32, or int64 numbers of classes. Belongs to the caller's scope.</summary>
    public Tensor Target => Part(_target)!;

    /// <summary>Shape (rows), float32; null when all count the same. Belongs to the caller's scope.</summary>
    public Tensor? Weights => Part(_weights);

    /// <summary>Makes it a batch for a network on a device.</summary>
    public void GoTo(TrainingDevice device)
    {
        Device = device;
        _inputs.Pin(device);
        _target = device.Pinned(_target);
        _weights = _weights is null ? null : device.Pinned(_weights);
    }

    /// <summary>Fills it with chosen rows.</summary>
    public void Gather(EncodedRows source, TrainingTargets targets, ReadOnlySpan<int> rows)
    {
        rows.CopyTo(Rows);
        _inputs.Gather(source, rows);
        FillTargets(targets);
    }

    /// <summary>Fills it with a run of rows.</summary>
    /// <param name="source">Encoded rows.</param>
    /// <param name="targets">Targets of the part that begins at <paramref name="offset"/>.</param>
    /// <param name="offset">Where the part begins among the encoded rows.</param>
    /// <param name="start">The first row within the part.</param>
    /// <param name="count">Number of rows.</param>
    public void Copy(EncodedRows source, TrainingTargets targets, int offset, int start, int count)
    {
        for (var i = 0; i < count; i++)
        {
            Rows[i] = start + i;
        }

        _inputs.Copy(source, offset + start, count);
        FillTargets(targets);
    }

    public void Dispose()
    {
        _inputs.Dispose();
        _target.Dispose();
        _weights?.Dispose();
    }

    private Tensor? Part(Tensor? tensor) => Placed(tensor?.narrow(0, 0, Count));

    private Tensor? Placed(Tensor? tensor) => tensor is null || Device.IsHost ? tensor : Device.Place(tensor);

    private void FillTargets(TrainingTargets targets)
    {
        if (_isClasses)
        {
            var classes = InputBatch.Integers(_target);
            for (var i = 0; i < Count; i++)
            {
                classes[i] = (long)targets.Values[Rows[i]];
            }
        }
        else
        {
            Pick(targets.Values, FlatParameters.Floats(_target));
        }

        if (_weights is not null)
        {
            Pick(targets.Weights, FlatParameters.Floats(_weights));
        }
    }

    private void Pick(float[] source, Span<float> destination)
    {
        for (var i = 0; i < Count; i++)
        {
            destination[i] = source[Rows[i]];
        }
    }
}
