using System.Globalization;
using Mlp.Benchmarks.Runtime;
using Mlp.Benchmarks.Soaks;

namespace Mlp.Benchmarks.Training;

/// <summary>
/// <c>training-step-pairs --rounds 300 --calls 2</c>: a training step of 128 rows on one thread, by hand in TorchSharp, by our loop, and with TorchSharp's own optimizer and loader, in turns. <c>--network 1</c> takes
/// the multilayer perceptron alone, <c>--network 2</c> the convolutional network.
/// </summary>
internal static class StepPairs
{
    /// <summary>Runs and prints.</summary>
    /// <param name="arguments">The options.</param>
    public static void Run(SoakArguments arguments)
    {
        var (rounds, calls) = (arguments.Get("rounds", 300), arguments.Get("calls", 2));
        var network = arguments.Get("network", 0);
        if (network != 2)
        {
            Measure("Multilayer perceptron", StepSubject.Mlp, rounds, calls);
        }

        if (network != 1)
        {
            Measure("Convolutional network", StepSubject.Convolutions, rounds, calls);
        }
    }

    private static void Measure(string name, Func<StepSubject> create, int rounds, int calls)
    {
        using var subject = create();
        using var byHand = new HandWrittenStep(subject);
        using var torchSharp = new TorchSharpStep(subject);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"\n## {name}, {subject.ParameterCount:N0} parameters\n"));
        new InterleavedRounds()
            .Add("by hand, TorchSharp with fused AdamW", byHand.Step)
            .Add("this library", subject.Step)
            .Add("TorchSharp with its AdamW and DataLoader", torchSharp.Step)
            .Run(calls, rounds);
    }
}
