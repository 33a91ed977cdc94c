using System.Globalization;
using Mlp.Benchmarks.Soaks;
using Mlp.Training.Distributed.Scaling;
using Mlp.Training.Interop;
using Mlp.Training.Networks.Layers;

namespace Mlp.Benchmarks.Training.Distributed.Scaling;

/// <summary>
/// <c>scaling-simulation</c>: prints the page of predicted scaling, for the networks that Horovod published figures for and for networks whose step is measured here. <c>--measure 0</c> leaves the measurement out.
/// </summary>
internal static class ScalingSimulation
{
    public const string Command = "scaling-simulation";

    private const long FusionBytes = 64 << 20;
    private const int MeasuredSteps = 60;

    private static readonly int[] DeviceCounts = [8, 16, 32, 64, 128, 256, 512];

    /// <summary>Four Pascal GPUs on PCI Express, 25 Gbit/s: Horovod's hosts, as far as is known.</summary>
    private static readonly ClusterDescription Pascal = new() { DevicesPerHost = 4, NetworkBytesPerSecond = 25e9 / 8, HostBytesPerSecond = 10e9 };

    /// <summary>Runs and prints.</summary>
    /// <param name="arguments">The options.</param>
    public static void Run(SoakArguments arguments)
    {
        Console.WriteLine("# Scaling, simulated\n");
        Console.WriteLine("**Nothing on this page was measured on a cluster.** Figures are reckoned by `ScalingSimulator` from the time of a step on one device, the ring formula, and bandwidths; all devices are equally fast, never late, and alone on the network.");
        PrintInputs();
        PrintPublished();
        foreach (var network in PublishedNetworks.All)
        {
            var step = StepProfile.FromLayers(TimeSpan.FromSeconds(PublishedNetwork.BatchImages / network.ImagesPerSecond), network.Layers);
            PrintClusters(network.Name, step, Pascal);
        }

        if (arguments.Get("measure", 1) != 0)
        {
            Torch.EnsureLoaded();
            PrintMeasured("0.8 M parameters", [768, 768, 256]);
            PrintMeasured("10 M parameters", [2048, 2048, 2048, 640]);
        }
    }

    private static void PrintInputs()
    {
        Console.WriteLine("\n## Inputs\n");
        Console.WriteLine("| Network | Parameters | Multiplications, an image | Images per second of one GPU, 64 a step | Source |");
        Console.WriteLine("| --- | ---: | ---: | ---: | --- |");
        foreach (var network in PublishedNetworks.All)
        {
            Line($"| {network.Name} | {network.ParameterCount / 1e6:N1} M | {network.Layers.Sum(l => l.Multiplications) / 1e9:N1} G | {network.ImagesPerSecond:N0} | {network.Source} |");
        }

        Line($"\nGradients are float32. A layer's share of the step is its share of multiplications, and two thirds of a step are backward. Gradients that are complete travel together, up to {FusionBytes >> 20} MB. A step across the network costs {Pascal.NetworkLatency.TotalMicroseconds:0} µs, within a host {Pascal.HostLatency.TotalMicroseconds:0} µs.");
    }

    private static void PrintPublished()
    {
        Console.WriteLine("\n## 512 GPUs on 25 Gbit/s, beside Horovod's published figures\n");
        Console.WriteLine("128 hosts of 4 Pascal GPUs. What share of the network's bandwidth transfers reached there is not published; the columns show what it means.\n");
        Console.WriteLine("| Network | Published (measured) | Ring, full bandwidth | Hierarchical, full bandwidth | Hierarchical, 75 % | Hierarchical, 50 % | Hierarchical, full, no overlap |");
        Console.WriteLine("| --- | ---: | ---: | ---: | ---: | ---: | ---: |");
        foreach (var network in PublishedNetworks.All)
        {
            var step = StepProfile.FromLayers(TimeSpan.FromSeconds(PublishedNetwork.BatchImages / network.ImagesPerSecond), network.Layers);
            double At(ReductionModel model, double share, bool overlaps = true) => ScalingSimulator.Predict(step, 512, Pascal with { NetworkShare = share }, model, overlaps, FusionBytes).Efficiency;
            Line($"| {network.Name} | {network.PublishedEfficiency:P0} | {At(ReductionModel.Ring, 1):P0} | {At(ReductionModel.Hierarchical, 1):P0} | {At(ReductionModel.Hierarchical, 0.75):P0} | {At(ReductionModel.Hierarchical, 0.5):P0} | {At(ReductionModel.Hierarchical, 1, overlaps: false):P0} |");
        }
    }

    private static void PrintClusters(string name, StepProfile step, ClusterDescription cluster)
    {
        Line($"\n## {name}: a step of {step.Compute.TotalMilliseconds:N0} ms, {step.ByteCount / 1e6:N0} MB of gradients\n");
        Console.WriteLine($"| Devices | {string.Join(" | ", DeviceCounts)} |");
        Console.WriteLine($"| --- {string.Concat(DeviceCounts.Select(_ => "| ---: "))}|");
        foreach (var (label, hosts) in new[]
        {
            ("hosts of 4, 25 Gbit/s", cluster),
            ("hosts of 4, 100 Gbit/s", cluster with { NetworkBytesPerSecond = 100e9 / 8 }),
            ("hosts of 8 with NVLink at 200 GB/s, 25 Gbit/s", cluster with { DevicesPerHost = 8, HostBytesPerSecond = 200e9 }),
            ("hosts of 8 with NVLink at 200 GB/s, 100 Gbit/s", cluster with { DevicesPerHost = 8, HostBytesPerSecond = 200e9, NetworkBytesPerSecond = 100e9 / 8 }),
        })
        {
            foreach (var model in new[] { ReductionModel.Ring, ReductionModel.Hierarchical })
            {
                var shares = DeviceCounts.Select(n => ScalingSimulator.Predict(step, n, hosts, model, fusionBytes: FusionBytes).Efficiency.ToString("P0", CultureInfo.InvariantCulture));
                Console.WriteLine($"| {(model == ReductionModel.Ring ? "ring" : "hierarchical")}, {label} | {string.Join(" | ", shares)} |");
            }
        }
    }

    private static void PrintMeasured(string name, int[] units)
    {
        var definition = new NetworkDefinition([.. units.SelectMany(u => new[] { Layer.Linear(u), Layer.Relu() }), Layer.Output()]);
        using var team = new ReplicaTeam(name, 1, definition, StepSubject.Encode(64, 1), exchange: null, meets: false, isShared: false);
        team.Run(MeasuredSteps / 4);
        var step = TimeSpan.FromSeconds(StepSubject.BatchRows / team.Run(MeasuredSteps));
        var (layers, inputs) = (new List<(long, double)>(), 64);
        foreach (var outputs in units.Append(1))
        {
            layers.Add((((long)inputs + 1) * outputs * sizeof(float), (double)inputs * outputs));
            inputs = outputs;
        }

        PrintClusters($"{name}, step of {StepSubject.BatchRows} rows measured on one core of this machine", StepProfile.FromLayers(step, layers), Pascal);
    }

    private static void Line(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));
}
