using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Mlp.Runtime.Models;
using Mlp.Training.Distributed.Collectives.Nccl;
using Mlp.Training.Distributed.Launch;
using Mlp.Training.Networks.Devices;
using Mlp.Training.Networks.Layers;
using Mlp.Training.Preprocessing;

namespace Mlp.Training.Networks;

/// <summary>Validated settings, copied once so that later changes to the options change no running training.</summary>
internal sealed class NetworkSettings
{
    private static readonly JsonSerializerOptions Json = new() { Converters = { new JsonStringEnumConverter() } };

    private NetworkSettings(NetworkOptions options) => Options = options;

    /// <summary>The copy; nobody changes it.</summary>
    public NetworkOptions Options { get; }

    /// <summary>The loss, which is not <see cref="NetworkLossKind.Default"/>.</summary>
    public NetworkLossKind Loss => Options.Loss.Kind != NetworkLossKind.Default ? Options.Loss.Kind : Options.Task switch
    {
        ModelTask.Regression => NetworkLossKind.SquaredError,
        ModelTask.Ranking => NetworkLossKind.LambdaRank,
        _ => NetworkLossKind.LogLoss,
    };

    /// <summary>Copies options.</summary>
    /// <exception cref="ArgumentException">A setting is out of range.</exception>
    public static NetworkSettings From(NetworkOptions options)
    {
        OptionRanges.ThrowIfAny(options.FindFailures(), nameof(options));
        var copy = options.Copy();
        if (copy.DataParallel.ReplicaPerGpu)
        {
            copy.DataParallel.Replicas = DeviceChoice.ReplicasOf(copy.Device, new TorchGpus());
        }

        return new(copy);
    }

    /// <summary>Where the replicas of this process train, by rank.</summary>
    /// <param name="gpus">What there is.</param>
    /// <exception cref="GpuUnavailableException">A GPU that was asked for is not there.</exception>
    /// <exception cref="LaunchException">The variables of a launcher contradict each other.</exception>
    public TrainingDevice[] FindDevices(IGpuInventory gpus)
    {
        if (Options.TreatsHostAsForeign)
        {
            return [.. Enumerable.Repeat(TrainingDevice.Foreign, Options.DataParallel.Replicas)];
        }

        if (Options.Device == DeviceChoice.Cuda && Options.DataParallel.Group?.End is NcclBackend { Device: var device })
        {
            return [new(device, false)];
        }

        var isOneOfMany = Options.DataParallel.Group is not null && Options.Device != DeviceChoice.Cpu;
        return DeviceChoice.Of(Options.Device, Options.DataParallel.Replicas, isOneOfMany ? LaunchEnvironment.Read()?.LocalRank : null, gpus);
    }

    /// <summary>The layers: those that were given, or hidden layers of Linear, BatchNorm, ReLU and Dropout and an output.</summary>
    /// <param name="encoding">What the features become.</param>
    public NetworkDefinition DefinitionFor(FeatureEncoding encoding)
    {
        if (Options.Definition is { } given)
        {
            return given;
        }

        var layers = new List<LayerDefinition>();
        if (encoding.Ids.Count > 0)
        {
            layers.Add(Layer.TabularInput());
        }

        foreach (var units in Options.HiddenLayers!)
        {
            layers.Add(Layer.Linear(units));
            if (Options.BatchNorm)
            {
                layers.Add(Layer.BatchNorm());
            }

            layers.Add(Layer.Relu());
            if (Options.Dropout > 0)
            {
                layers.Add(Layer.Dropout(Options.Dropout));
            }
        }

        return new([.. layers, Layer.Output()]);
    }

    /// <summary>The settings as runs and files name them.</summary>
    /// <param name="encoding">What the features became; null before a training, when only layers that were given are known.</param>
    public SortedDictionary<string, string> Texts(FeatureEncoding? encoding = null)
    {
        var settings = SettingTexts.Of("network", Options);
        if (Options.InitialWeights is { } weights)
        {
            settings[nameof(Options.InitialWeights)] = SettingTexts.FileNameOf(weights);
        }

        if ((encoding is null ? Options.Definition : DefinitionFor(encoding)) is { } definition)
        {
            settings[nameof(Options.Definition)] = JsonNode.Parse(definition.ToJson())!.ToJsonString();
        }

        AddReplicas(settings);
        return settings;
    }

    /// <summary>Every setting that bears on the weights, by path, as text: what a checkpoint compares.</summary>
    /// <param name="encoding">What the features become.</param>
    public SortedDictionary<string, string> Describe(FeatureEncoding encoding)
    {
        var settings = new SortedDictionary<string, string>(StringComparer.Ordinal);
        Flatten(string.Empty, JsonSerializer.SerializeToNode(Options, Json), settings);
        Flatten("Definition", JsonNode.Parse(DefinitionFor(encoding).ToJson()), settings);
        AddReplicas(settings);
        return settings;
    }

    // One replica alone trains as it did before there were several, and goes on from checkpoints of that time.
    private void AddReplicas(SortedDictionary<string, string> settings)
    {
        if (Options.DataParallel is { WorldSize: > 1 } or { Elastic.Group: not null })
        {
            // Members of an elastic group come and go; its checkpoints are of any number of them.
            var together = Options.DataParallel;
            settings[$"{nameof(NetworkOptions.DataParallel)}.{nameof(together.WorldSize)}"] = together.Elastic.Group is null ? together.WorldSize.ToString(CultureInfo.InvariantCulture) : "elastic";
            settings[$"{nameof(NetworkOptions.DataParallel)}.{nameof(together.SyncBatchNorm)}"] = together.SyncBatchNorm ? "true" : "false";
            foreach (var (name, value) in together.DescribeReduction())
            {
                settings[$"{nameof(NetworkOptions.DataParallel)}.{name}"] = value;
            }
        }
    }

    private static void Flatten(string path, JsonNode? node, SortedDictionary<string, string> settings)
    {
        if (node is JsonObject section)
        {
            foreach (var (name, value) in section)
            {
                Flatten(path.Length == 0 ? name : $"{path}.{name}", value, settings);
            }
        }
        else if (node is JsonArray list)
        {
            for (var i = 0; i < list.Count; i++)
            {
                Flatten(FormattableString.Invariant($"{path}[{i}]"), list[i], settings);
            }
        }
        else
        {
            settings[path] = node?.ToJsonString() ?? "null";
        }
    }
}
