using System.Runtime.InteropServices;
using Mlp.Training.Distributed.DataParallel.Interop;
using Mlp.Training.Interop;
using Mlp.Training.Networks.Interop;
using TorchSharp;
using TorchSharp.Modules;

namespace Mlp.Training.Tests.Distributed.DataParallel;

[Collection(nameof(GradientHooksTests))]
public sealed class GradientHooksTests
{
    public GradientHooksTests() => Torch.EnsureLoaded();

    [Fact]
    public void AreAvailable_IsTrueWhereLibtorchIsTheOneTheyWereMadeFor() => Assert.Equal(TorchAbi.IsAvailable, GradientHooks.AreAvailable);

    [Fact]
    public void Backward_TellsOfLayersFromTheLastToTheFirst_AndNotOfWhatItDoesNotReach()
    {
        using var scope = torch.NewDisposeScope();
        Parameter[] parameters = [One(2), One(3), One(5), One(7)];
        var told = new List<(int, float)>();
        using var hooks = new GradientHooks(parameters, i => told.Add((i, Gradient(parameters[i]))));

        Chain(parameters[0], parameters[1], parameters[3]).backward();

        // y = 2 · 3 · 7 and dy/dp = y / p.
        Assert.Equal([(3, 6f), (1, 14f), (0, 21f)], told);
        hooks.ThrowIfFailed();
    }

    [Fact]
    public void Backward_ParameterUsedTwice_TellsOnceOfTheWholeGradient()
    {
        using var scope = torch.NewDisposeScope();
        Parameter[] parameters = [One(4)];
        var told = new List<float>();
        using var hooks = new GradientHooks(parameters, i => told.Add(Gradient(parameters[i])));

        parameters[0].mul(parameters[0]).add(parameters[0]).backward();

        Assert.Equal([9f], told);
    }

    [Fact]
    public void Backward_ListenerThrows_PassEndsAndTheErrorIsThrownAfterwards()
    {
        using var scope = torch.NewDisposeScope();
        Parameter[] parameters = [One(2), One(3)];
        using var hooks = new GradientHooks(parameters, _ => throw new InvalidTimeZoneException());

        Chain(parameters).backward();

        Assert.Equal(3, Gradient(parameters[0]));
        Assert.Throws<InvalidTimeZoneException>(hooks.ThrowIfFailed);
        hooks.ThrowIfFailed();
    }

    [Fact]
    public void Dispose_NothingIsToldAnyMore_AndLibtorchKeepsNothing()
    {
        using var scope = torch.NewDisposeScope();
        var before = GradientHooks.LivingCount;
        Parameter[] parameters = [One(2), One(3)];
        var told = 0;
        var hooks = new GradientHooks(parameters, _ => told++);
        Assert.Equal(before + 2, GradientHooks.LivingCount);

        hooks.Dispose();
        hooks.Dispose();
        Chain(parameters).backward();

        Assert.Equal(0, told);
        Assert.Equal(before, GradientHooks.LivingCount);
    }

    [Fact]
    public void Dispose_Again_FreesNobodyElsesHandle()
    {
        using var scope = torch.NewDisposeScope();
        var hooks = new GradientHooks([One(2)], _ => { });
        hooks.Dispose();

        // One of them gets the place of the one that was freed.
        var others = Enumerable.Range(0, 10_000).Select(i => GCHandle.Alloc((object)i)).ToList();
        hooks.Dispose();

        Assert.Equal(Enumerable.Range(0, 10_000).Cast<object?>(), others.Select(o => o.Target));
        others.ForEach(o => o.Free());
    }

    [Fact]
    public void Backward_OnSeveralThreads_TellsEachOfItsOwn()
    {
        const int Threads = 4, Passes = 200;
        var counts = new int[Threads];
        var threads = Enumerable.Range(0, Threads).Select(t => new Thread(() =>
        {
            using var scope = torch.NewDisposeScope();
            Parameter[] parameters = [One(1), One(1), One(1)];
            var thread = Environment.CurrentManagedThreadId;
            using var hooks = new GradientHooks(parameters, _ => counts[t] += Environment.CurrentManagedThreadId == thread ? 1 : 1_000_000);
            for (var pass = 0; pass < Passes; pass++)
            {
                using var inner = torch.NewDisposeScope();
                Chain(parameters).backward();
            }
        })).ToArray();

        Array.ForEach(threads, t => t.Start());
        Array.ForEach(threads, t => t.Join());

        Assert.All(counts, c => Assert.Equal(3 * Passes, c));
    }

    private static Parameter One(float value) => new(torch.full([], value, torch.float32), requires_grad: true);

    private static torch.Tensor Chain(params Parameter[] parameters) => parameters.Aggregate(torch.ones([], torch.float32), (product, p) => product.mul(p));

    private static float Gradient(Parameter parameter)
    {
        using var gradient = parameter.grad;
        return gradient!.item<float>();
    }
}

[CollectionDefinition(nameof(GradientHooksTests), DisableParallelization = true)]
public sealed class GradientHooksAlone;
