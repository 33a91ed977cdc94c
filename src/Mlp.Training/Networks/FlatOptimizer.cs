using Mlp.Training.Networks.Interop;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace Mlp.Training.Networks;

/// <summary>Moves flat weights by flat gradients, the part that decays and the part that does not. Not thread-safe.</summary>
internal abstract class FlatOptimizer : IDisposable
{
    private readonly List<KeyValuePair<string, Tensor>> _state = [];
    private readonly List<Group> _groups = [];

    /// <summary>Prepares the state.</summary>
    /// <param name="parameters">What to move.</param>
    /// <param name="weightDecay">Of the part that decays.</param>
    /// <param name="isNative">Whether libtorch computes the step; otherwise <see cref="FlatKernels"/> does.</param>
    /// <param name="range">Which weights it moves.</param>
    /// <param name="states">Names of the states, one number per weight each.</param>
    protected FlatOptimizer(FlatParameters parameters, double weightDecay, bool isNative, Range range, params ReadOnlySpan<string> states)
    {
        IsNative = isNative;
        (Start, Length) = range.GetOffsetAndLength(parameters.Length);
        foreach (var name in states)
        {
            _state.Add(new(name, torch.zeros([Length], torch.float32, parameters.Device.Torch).DetachFromDisposeScope()));
        }

        AddGroup(parameters, Start, Math.Min(Start + Length, parameters.DecayedLength), weightDecay);
        AddGroup(parameters, Math.Max(Start, parameters.DecayedLength), Start + Length, 0);
    }

    /// <summary>The first weight that it moves.</summary>
    public int Start { get; }

    /// <summary>How many it moves.</summary>
    public int Length { get; }

    /// <summary>Steps taken.</summary>
    public long StepCount { get; set; }

    /// <summary>What a resumed training goes on with, by name, beside <see cref="StepCount"/>.</summary>
    public IReadOnlyList<KeyValuePair<string, Tensor>> State => _state;

    /// <summary>Whether libtorch computes the step.</summary>
    protected bool IsNative { get; }

    /// <summary>The optimizer that options ask for.</summary>
    /// <param name="parameters">What to move.</param>
    /// <param name="options">Which one.</param>
    /// <param name="weightDecay">Decay of the weights.</param>
    /// <param name="isNative">Whether libtorch computes the step.</param>
    /// <param name="range">Which weights it moves; null for all.</param>
    public static FlatOptimizer Create(FlatParameters parameters, OptimizerOptions options, double weightDecay, bool isNative, Range? range = null) => options.Kind switch
    {
        OptimizerKind.Sgd => new FlatSgd(parameters, options, weightDecay, isNative, range ?? Range.All),
        _ => new FlatAdam(parameters, options, weightDecay, isNative, range ?? Range.All),
    };

    /// <summary>Takes a step.</summary>
    /// <param name="learningRate">Step size.</param>
    public void Step(double learningRate)
    {
        StepCount++;
        foreach (var group in _groups)
        {
            Step(group, learningRate);
        }
    }

    public virtual void Dispose()
    {
        foreach (var (_, tensor) in _state)
        {
            tensor.Dispose();
        }

        _groups.ForEach(g => g.Dispose());
    }

    /// <summary>Moves a part.</summary>
    protected abstract void Step(Group group, double learningRate);

    private void AddGroup(FlatParameters parameters, int start, int end, double weightDecay)
    {
        if (start < end)
        {
            Tensor Part(Tensor tensor, int from) => tensor.narrow(0, start - from, end - start).DetachFromDisposeScope();
            _groups.Add(new(Part(parameters.Weights, 0), Part(parameters.Gradients, 0), [.. _state.Select(s => Part(s.Value, Start))], weightDecay));
        }
    }

    /// <summary>Views of a part of weights, gradients and states.</summary>
    protected sealed record Group(Tensor Weights, Tensor Gradients, IReadOnlyList<Tensor> States, double WeightDecay) : IDisposable
    {
        public void Dispose()
        {
            Weights.Dispose();
            Gradients.Dispose();
            foreach (var state in States)
            {
                state.Dispose();
            }
        }
    }
}
