using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Distributed.DataParallel;
using Mlp.Training.Distributed.DataParallel.Interop;
using Mlp.Training.Interop;
using TorchSharp;
using TorchSharp.Modules;
using Tensor = TorchSharp.torch.Tensor;

namespace Mlp.Training.Tests.Distributed.DataParallel;

/// <summary>
/// The path of the gradients in float64, which the trainer does not train in: hooks, buckets and sums under a network and optimizers that are written here. Replicas with a part of each batch against
/// one with all of it, to twelve digits.
/// </summary>
public sealed class ReducePathTests
{
    private const int Steps = 100;
    private const int Rows = 24;
    private static readonly int[] Sizes = [6, 12, 9, 1];

    public ReducePathTests() => Torch.EnsureLoaded();

    [Theory]
    [InlineData(2, true, "sgd")]
    [InlineData(2, false, "adam")]
    [InlineData(3, true, "adam")]
    [InlineData(4, true, "momentum")]
    public void HundredSteps_InFloat64_EqualTheWholeBatchToTwelveDigits(int replicas, bool overlaps, string optimizer)
    {
        var one = Train(null, overlaps, optimizer);
        var many = new double[replicas][];

        ProcessGroup.RunInProcess(replicas, group => many[group.Rank] = Train(group, overlaps, optimizer));

        Assert.All(many, m => Assert.Equal(many[0], m));
        Assert.All(one.Zip(many[0]), p => Assert.Equal(p.First, p.Second, 1e-12));
        Assert.Contains(one.Zip(Train(null, overlaps, optimizer, steps: 1)), p => Math.Abs(p.First - p.Second) > 1e-2);
    }

    [Fact]
    public void Finish_ParameterThatOnlyOneRankReaches_IsReducedAllTheSame()
    {
        ProcessGroup.RunInProcess(2, group =>
        {
            using var scope = torch.NewDisposeScope();
            var gradients = torch.zeros([32], torch.float64);
            Parameter[] parameters = [View(gradients, 0), View(gradients, 16)];
            var plan = GradientBucketPlan.Cut([0, 16], [32], 16, 16);
            var overlaps = GradientHooks.AreAvailable;
            using var buckets = new GradientBuckets(new GroupTransport<double>(group, new TensorMemory<double>(gradients).Memory, plan, overlaps), plan, parameters, overlaps);
            for (var pass = 1; pass <= 3; pass++)
            {
                gradients.zero_();
                buckets.Begin([group.Rank]);
                (group.Rank == 0 ? parameters[0].mul(parameters[1]) : parameters[0].mul(5)).sum().backward();
                Span<double> totals = [0];
                buckets.End(totals);

                // d(ab)/da = b = 1 beside 5, and d(ab)/db = a = 1 beside nothing.
                Assert.Equal((6.0, 1.0, 1.0), (gradients[0].item<double>(), gradients[16].item<double>(), totals[0]));
            }
        });

        static Parameter View(Tensor gradients, int at)
        {
            var parameter = new Parameter(torch.ones([16], torch.float64), requires_grad: true);
            parameter.grad = gradients.narrow(0, at, 16);
            return parameter;
        }
    }

    private static double[] Train(ProcessGroup? group, bool overlaps, string optimizer, int steps = Steps)
    {
        using var scope = torch.NewDisposeScope();
        var random = new Random(3);
        var length = Enumerable.Range(1, Sizes.Length - 1).Sum(l => Sizes[l] * (Sizes[l - 1] + 1));
        var weights = torch.tensor(Enumerable.Range(0, length).Select(_ => random.NextDouble() - 0.5).ToArray());
        var gradients = torch.zeros([length], torch.float64);
        var (parameters, offsets, at) = (new List<Parameter>(), new List<int>(), 0);
        for (var layer = 1; layer < Sizes.Length; layer++)
        {
            foreach (long[] shape in (long[][])[[Sizes[layer], Sizes[layer - 1]], [Sizes[layer]]])
            {
                var count = (int)shape.Aggregate((a, b) => a * b);
                var parameter = new Parameter(weights.narrow(0, at, count).view(shape).detach(), requires_grad: true) { grad = gradients.narrow(0, at, count).view(shape) };
                parameters.Add(parameter);
                offsets.Add(at);
                at += count;
            }
        }

        var plan = GradientBucketPlan.Cut(offsets, [length], 8, 40);
        overlaps &= GradientHooks.AreAvailable;
        using var buckets = group is null ? null : new GradientBuckets(new GroupTransport<double>(group, new TensorMemory<double>(gradients).Memory, plan, overlaps), plan, parameters, overlaps);
        var shard = new Shard(group?.Rank ?? 0, group?.WorldSize ?? 1);
        var (first, second) = (torch.zeros([length], torch.float64), torch.zeros([length], torch.float64));
        for (var step = 1; step <= steps; step++)
        {
            using var inner = torch.NewDisposeScope();
            var x = torch.tensor(Enumerable.Range(0, Rows * Sizes[0]).Select(_ => random.NextDouble()).ToArray()).view(Rows, Sizes[0]);
            var (start, end) = (shard.StartOf(Rows), shard.EndOf(Rows));
            var mine = x.narrow(0, start, end - start);
            var target = mine.sum(1).sin();
            gradients.zero_();
            buckets?.Begin([]);
            var output = mine;
            for (var layer = 0; layer < parameters.Count; layer += 2)
            {
                output = output.matmul(parameters[layer].t()).add(parameters[layer + 1]);
                output = layer + 2 < parameters.Count ? output.tanh() : output;
            }

            output.squeeze(1).sub(target).square().sum().div(Rows).backward();
            buckets?.End([]);
            using (torch.no_grad())
            {
                Move(weights, gradients, first, second, step, optimizer);
            }
        }

        return weights.data<double>().ToArray();
    }

    private static void Move(Tensor weights, Tensor gradients, Tensor first, Tensor second, int step, string optimizer)
    {
        switch (optimizer)
        {
            case "adam":
                first.mul_(0.9).add_(gradients, alpha: 0.1);
                second.mul_(0.999).addcmul_(gradients, gradients, 0.001);
                weights.sub_(first.div(1 - Math.Pow(0.9, step)).div(second.div(1 - Math.Pow(0.999, step)).sqrt().add(1e-8)).mul(0.01));
                break;
            case "momentum":
                first.mul_(0.9).add_(gradients);
                weights.sub_(first.mul(0.05));
                break;
            default:
                weights.sub_(gradients.mul(0.1));
                break;
        }
    }
}
