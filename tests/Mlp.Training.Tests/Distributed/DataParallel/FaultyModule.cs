using Mlp.Training.Networks.Layers;
using Tensor = TorchSharp.torch.Tensor;

namespace Mlp.Training.Tests.Distributed.DataParallel;

/// <summary>Passes its input on, but for one training pass of one replica.</summary>
/// <param name="count">Training passes of all replicas; one element.</param>
/// <param name="at">The pass that has a fault.</param>
/// <param name="fault">What it does instead.</param>
internal sealed class FaultyModule(int[] count, int at, Func<Tensor, Tensor> fault) : IUserModule
{
    public TensorShape InferShape(TensorShape input) => input;

    public IReadOnlyList<UserWeight> Weights(TensorShape input) => [];

    public void Build(TensorShape input, IReadOnlyDictionary<string, Tensor> weights)
    {
    }

    public Tensor Forward(Tensor input, bool isTraining) => isTraining && Interlocked.Increment(ref count[0]) == at ? fault(input) : input.mul(1);

    public void Dispose()
    {
    }
}
