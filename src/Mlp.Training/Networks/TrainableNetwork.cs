using TorchSharp.Modules;
using Tensor = TorchSharp.torch.Tensor;

namespace Mlp.Training.Networks;

/// <summary>
/// A network as the training loop sees it: parameters to move, buffers to keep, one forward pass. Names are those of the saved file, for example <c>0.weight</c>. Training is for one
/// thread; inference is thread-safe once <see cref="Evaluate"/> was called.
/// </summary>
internal abstract class TrainableNetwork : IDisposable
{
    /// <summary>What the optimizer moves, in the order of the forward pass.</summary>
    public abstract IReadOnlyList<KeyValuePair<string, Parameter>> Parameters { get; }

    /// <summary>What is kept beside: running statistics, float32 or int64.</summary>
    public abstract IReadOnlyList<KeyValuePair<string, Tensor>> Buffers { get; }

    /// <summary>Generators of what is random in the forward pass, by name, so that a resumed training goes on with the same numbers.</summary>
    public abstract IReadOnlyDictionary<string, SeededRandom> Generators { get; }

    /// <summary>The outputs before link and target scale. Tensors that it makes belong to the caller's dispose scope.</summary>
    /// <param name="dense">Shape (rows, width), float32; null where the encoding has no dense part.</param>
    /// <param name="ids">Shape (rows, id columns), int64; null where there are none.</param>
    /// <param name="observe">Told of each layer's name and output, in order: for finding where numbers end. Null for nobody.</param>
    /// <returns>Shape (rows, outputs), float32.</returns>
    public abstract Tensor Forward(Tensor? dense, Tensor? ids, Action<string, Tensor>? observe = null);

    /// <summary>Batch statistics and dropout at work.</summary>
    public abstract void Train();

    /// <summary>From here on the layers use what they have learned.</summary>
    public abstract void Evaluate();

    public abstract void Dispose();
}
