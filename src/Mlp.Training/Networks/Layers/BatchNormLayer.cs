using System.Runtime.InteropServices;
using Mlp.Runtime.Onnx;
using Mlp.Training.Distributed.DataParallel;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace Mlp.Training.Networks.Layers;

/// <summary>
/// Normalises each channel over the batch while training, and by running statistics in service (Ioffe and Szegedy, 2015): (x − mean) / √(variance + epsilon) · weight + bias.
/// </summary>
internal sealed record BatchNormLayer(double Epsilon, double Momentum, bool Affine) : LayerDefinition
{
    private protected override string KindName => "BatchNorm";

    internal override IEnumerable<string> FindFailures()
        => [
            .. Epsilon is > 0 and < double.PositiveInfinity ? Array.Empty<string>() : [FormattableString.Invariant($"Expected an 'epsilon' above 0, but found {Epsilon}.")],
            .. Momentum is > 0 and <= 1 ? Array.Empty<string>() : [FormattableString.Invariant($"Expected a 'momentum' above 0 and at most 1, but found {Momentum}.")],
        ];

    internal override TensorShape Infer(TensorShape input, LayerSite site)
    {
        site.RequireNumbers(input, 1, 4, "(N, channels) or (N, channels, ...)");
        return input;
    }

    internal override IReadOnlyList<WeightSpecification> Weights(TensorShape input, LayerSite site)
    {
        var (one, zero, channels) = (WeightInitialisation.Constant(1), WeightInitialisation.Constant(0), input.Sizes[0]);
        WeightSpecification[] statistics =
        [
            new("running_mean", [channels], zero, WeightRole.Statistic), new("running_var", [channels], one, WeightRole.Statistic), new("num_batches_tracked", [], zero, WeightRole.Counter),
        ];
        return Affine ? [new("weight", [channels], one), new("bias", [channels], zero), .. statistics] : statistics;
    }

    internal override LayerModule Build(TensorShape input, LayerSite site, LayerBuilder builder) => new BatchNormModule(site, this, builder.Make(site, Weights(input, site)));
}

internal sealed class BatchNormModule(LayerSite site, BatchNormLayer layer, IReadOnlyDictionary<string, Tensor> weights) : LayerModule(site)
{
    private readonly Tensor? _weight = weights.GetValueOrDefault("weight");
    private readonly Tensor? _bias = weights.GetValueOrDefault("bias");
    private readonly Tensor _mean = weights["running_mean"];
    private readonly Tensor _variance = weights["running_var"];
    private readonly Tensor _count = weights["num_batches_tracked"];

    public override string Write(LayerGraph graph, string x)
    {
        var channels = _mean.shape[0];
        var scale = _weight is null ? graph.Constant("weight", Enumerable.Repeat(1f, (int)channels).ToArray(), channels) : graph.Constant("weight", _weight);
        var shift = _bias is null ? graph.Constant("bias", new float[channels], channels) : graph.Constant("bias", _bias);
        return graph.Node(
            "BatchNormalization",
            [x, scale, shift, graph.Constant("running_mean", _mean), graph.Constant("running_var", _variance)],
            OnnxAttribute.Float("epsilon", (float)layer.Epsilon));
    }

    /// <summary>Weights that compute a layer and this one after it: w' = w · scale / √(variance + epsilon), and so on, computed in double.</summary>
    /// <param name="weight">Shape (channels, ...).</param>
    /// <param name="bias">Shape (channels); empty for none.</param>
    public (float[] Weight, float[] Bias) Fold(ReadOnlySpan<float> weight, ReadOnlySpan<float> bias)
    {
        var mean = LayerGraph.Floats(_mean);
        var variance = LayerGraph.Floats(_variance);
        var scale = LayerGraph.Floats(_weight);
        var shift = LayerGraph.Floats(_bias);
        var (folded, moved) = (new float[weight.Length], new float[mean.Length]);
        var inputs = weight.Length / mean.Length;
        for (var unit = 0; unit < moved.Length; unit++)
        {
            var factor = (scale.Length == 0 ? 1 : scale[unit]) / Math.Sqrt(variance[unit] + layer.Epsilon);
            moved[unit] = (float)((((bias.Length == 0 ? 0d : bias[unit]) - mean[unit]) * factor) + (shift.Length == 0 ? 0 : shift[unit]));
            for (var i = unit * inputs; i < (unit + 1) * inputs; i++)
            {
                folded[i] = (float)(weight[i] * factor);
            }
        }

        return (folded, moved);
    }

    protected override Tensor Forward(Tensor x, ForwardPass pass)
    {
        if (pass.IsTraining)
        {
            if (_count.device_type == DeviceType.CPU)
            {
                MemoryMarshal.Cast<byte, long>(_count.bytes)[0]++;
            }
            else
            {
                _count.add_(1);
            }

            if (pass.Statistics is { } statistics)
            {
                return ForwardTogether(x, statistics);
            }
        }

        return torch.nn.functional.batch_norm(x, _mean, _variance, _weight, _bias, pass.IsTraining, layer.Momentum, layer.Epsilon);
    }

    private Tensor ForwardTogether(Tensor x, SharedStatistics statistics)
    {
        var (normalised, mean, variance) = statistics.Normalise(x.to(torch.float32), layer.Epsilon);
        using (torch.no_grad())
        {
            Move(_mean, mean);
            Move(_variance, variance);
        }

        long[] spread = [1, _mean.shape[0], .. Enumerable.Repeat(1L, (int)x.dim() - 2)];
        normalised = _weight is null ? normalised : normalised.mul(_weight.view(spread));
        normalised = _bias is null ? normalised : normalised.add(_bias.view(spread));
        return normalised.to(x.dtype);
    }

    private void Move(Tensor statistic, Tensor value) => statistic.mul_(1 - layer.Momentum).add_(value.to(torch.float32), alpha: layer.Momentum);
}
