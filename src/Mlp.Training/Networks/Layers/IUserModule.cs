using Mlp.Runtime.Onnx;
using Tensor = TorchSharp.torch.Tensor;

namespace Mlp.Training.Networks.Layers;

/// <summary>
/// A layer of an application's own, which joins a network by <see cref="Layer.UserModule"/>. Each network makes one of its own. Training is for one thread; <see cref="Forward"/> in
/// service must be thread-safe.
/// </summary>
public interface IUserModule : IDisposable
{
    /// <summary>Shape of the output for a shape of the input; called before <see cref="Build"/>, and more than once.</summary>
    /// <param name="input">Shape of the input.</param>
    /// <exception cref="ArgumentException">The module cannot take the input; the message becomes part of the network's own.</exception>
    TensorShape InferShape(TensorShape input);

    /// <summary>The module's weights, by names as PyTorch would give them: <c>weight</c>, <c>gate.bias</c>. The network makes them, fills them and disposes of them.</summary>
    /// <param name="input">Shape of the input.</param>
    IReadOnlyList<UserWeight> Weights(TensorShape input);

    /// <summary>Takes the weights, once, before the first pass.</summary>
    /// <param name="input">Shape of the input.</param>
    /// <param name="weights">The tensors by their names: float32 on the processor.</param>
    void Build(TensorShape input, IReadOnlyDictionary<string, Tensor> weights);

    /// <summary>Computes the module. Tensors that it makes belong to the caller's dispose scope.</summary>
    /// <param name="input">The input, with rows in front: float32 in any precision that the network trains in, or int64 of ids.</param>
    /// <param name="isTraining">Whether batch statistics and randomness are at work.</param>
    /// <returns>The output, of the shape that <see cref="InferShape"/> promised, with rows in front.</returns>
    Tensor Forward(Tensor input, bool isTraining);

    /// <summary>Whether <see cref="Write"/> can be called. A network with a module that cannot be exported trains, and is refused by name at its export.</summary>
    /// <value>The default value is false.</value>
    bool CanExport => false;

    /// <summary>Adds the nodes that compute the module in service.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="input">Name of the input, a float value with rows in front.</param>
    /// <returns>Name of the output.</returns>
    /// <exception cref="NotSupportedException">The module has no such nodes.</exception>
    string Write(OnnxGraphBuilder graph, string input) => throw new NotSupportedException("Expected a module that writes ONNX nodes, but found one that does not.");
}
