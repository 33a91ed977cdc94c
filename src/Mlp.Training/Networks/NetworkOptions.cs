using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using Mlp.Runtime.Models;
using Mlp.Training.Distributed.DataParallel;
using Mlp.Training.Networks.Layers;
using Mlp.Training.Networks.Streams;
using Mlp.Training.Preprocessing;

namespace Mlp.Training.Networks;

/// <summary>Settings of the training of a network. The defaults train a small network with two hidden layers on tables.</summary>
public sealed partial class NetworkOptions
{
    /// <summary>
    /// What the network predicts: <see cref="ModelTask.BinaryClassification"/>, <see cref="ModelTask.MulticlassClassification"/>, <see cref="ModelTask.Regression"/> or
    /// <see cref="ModelTask.Ranking"/>.
    /// </summary>
    /// <value>The default value is <see cref="ModelTask.BinaryClassification"/>.</value>
    public ModelTask Task { get; set; } = ModelTask.BinaryClassification;

    /// <summary>The layers of the network, where hidden layers of one kind do not do; <see cref="HiddenLayers"/> is null then, and <see cref="BatchNorm"/> and <see cref="Dropout"/> are not looked at.</summary>
    /// <value>The default value is null.</value>
    [JsonIgnore]
    public NetworkDefinition? Definition { get; set; }

    /// <summary>Units of each hidden layer, 1 to 65,536 each, at most 32 layers; empty for a linear model.</summary>
    /// <value>The default value is null, which stands for 64 and 32.</value>
    public IList<int>? HiddenLayers { get; set; }

    /// <summary>Whether each hidden layer normalises its batch (Ioffe and Szegedy, 2015).</summary>
    /// <value>The default value is true.</value>
    public bool BatchNorm { get; set; } = true;

    /// <summary>Share of hidden units left out at each step of training, 0 to 0.9.</summary>
    /// <value>The default value is 0.1.</value>
    [Range(0.0, 0.9)]
    public double Dropout { get; set; } = 0.1;

    /// <summary>Step size, 0.0000001 to 1; <see cref="Schedule"/> changes it while training lasts.</summary>
    /// <value>The default value is 0.001.</value>
    [Range(1e-7, 1.0)]
    public double LearningRate { get; set; } = 1e-3;

    /// <summary>Weight decay, 0 to 1.</summary>
    /// <value>The default value is 0.01.</value>
    [Range(0.0, 1.0)]
    public double WeightDecay { get; set; } = 0.01;

    /// <summary>Rows per batch, 2 to 1,048,576; of replicas that train together (<see cref="DataParallel"/>) rows of each. An epoch is cut into batches of nearly equal size; of ranking into batches of whole groups.</summary>
    /// <value>The default value is 256.</value>
    [Range(2, 1_048_576)]
    public int BatchSize { get; set; } = 256;

    /// <summary>The greatest number of passes over the training rows, 1 to 100,000.</summary>
    /// <value>The default value is 50.</value>
    [Range(1, 100_000)]
    public int MaxEpochs { get; set; } = 50;

    /// <summary>What decides which epoch is the best and when to stop.</summary>
    /// <value>The default value is <see cref="ValidationMetric.Loss"/>.</value>
    [EnumDataType(typeof(ValidationMetric))]
    public ValidationMetric StopMetric { get; set; } = ValidationMetric.Loss;

    /// <summary>Epochs without a better <see cref="StopMetric"/> after which training stops, 1 to 100,000.</summary>
    /// <value>The default value is 5.</value>
    [Range(1, 100_000)]
    public int EarlyStoppingPatience { get; set; } = 5;

    /// <summary>By how much <see cref="StopMetric"/> must be better than the best so far to count as better, 0 to 1,000,000.</summary>
    /// <value>The default value is 0.</value>
    [Range(0.0, 1e6)]
    public double MinimumImprovement { get; set; }

    /// <summary>
    /// Share of the rows, the last ones by time, that decide when to stop and that prove the export, 0 to 0.9. With 0 training runs for <see cref="MaxEpochs"/> and the
    /// training rows prove the export. Without meaning where validation rows are given.
    /// </summary>
    /// <value>The default value is 0.2.</value>
    [Range(0.0, 0.9)]
    public double ValidationShare { get; set; } = 0.2;

    /// <summary>Decides initial weights, order of rows and dropout. The same seed, settings and rows give the same weights on the same machine.</summary>
    /// <value>The default value is 0.</value>
    public int Seed { get; set; }

    /// <summary>Threads that libtorch computes one step with, 1 to 1,024; replicas in this process divide them, and have one at least. Small networks gain nothing from more than one.</summary>
    /// <value>The default value is 1.</value>
    [Range(1, 1024)]
    public int Threads { get; set; } = 1;

    /// <summary>Batches that a thread of its own gathers ahead, 0 to 64; 0 gathers each when it is its turn.</summary>
    /// <value>The default value is 2.</value>
    [Range(0, 64)]
    [JsonIgnore]
    public int PrefetchBatches { get; set; } = 2;

    /// <summary>The type that layers compute in.</summary>
    /// <value>The default value is <see cref="NetworkPrecision.Float32"/>.</value>
    [EnumDataType(typeof(NetworkPrecision))]
    public NetworkPrecision Precision { get; set; } = NetworkPrecision.Float32;

    /// <summary>
    /// Share of the running average of the weights that is kept at each step (Polyak and Juditsky, 1992), 0 to 0.999999; the average is what validates and what is kept. 0 for no
    /// average.
    /// </summary>
    /// <value>The default value is 0.</value>
    [Range(0.0, 0.999999)]
    public double AverageDecay { get; set; }

    /// <summary>The classes in the order of their scores, for classification only; empty for those of the training rows in ascending order.</summary>
    /// <value>The default value is empty.</value>
    public IList<string> ClassNames { get; private set; } = [];

    /// <summary>The column whose equal neighbours are ranked together; for ranking only.</summary>
    /// <value>The default value is null.</value>
    public string? GroupColumn { get; set; }

    /// <summary>Whether training rows stream, for sets that are larger than memory.</summary>
    public StreamOptions Stream { get; private set; } = new();

    /// <summary>How replicas of the network train together.</summary>
    [JsonIgnore]
    public DataParallelOptions DataParallel { get; private set; } = new();

    /// <summary>What training makes small.</summary>
    public LossOptions Loss { get; private set; } = new();

    /// <summary>How weights are moved.</summary>
    public OptimizerOptions Optimizer { get; private set; } = new();

    /// <summary>How the learning rate changes.</summary>
    public ScheduleOptions Schedule { get; private set; } = new();

    /// <summary>Where the state of training is kept.</summary>
    [JsonIgnore]
    public CheckpointOptions Checkpoints { get; private set; } = new();

    /// <summary>
    /// A checkpoint to go on from, or a folder of them, of which the newest is taken; a folder without one, or <see cref="CheckpointOptions.Directory"/> itself before it is there, begins a new training. The rows and all settings that bear on the weights
    /// must be those of the checkpoint.
    /// </summary>
    /// <value>The default value is null, which stands for a new training.</value>
    [JsonIgnore]
    public string? ResumeFrom { get; set; }

    /// <summary>
    /// A safetensors file with the weights and statistics that training begins with, for example of <see cref="TrainedNetwork.SaveWeights"/>: names and shapes are exactly those of the
    /// network. A checkpoint that training goes on from takes their place.
    /// </summary>
    /// <value>The default value is null, which stands for random weights.</value>
    public string? InitialWeights { get; set; }

    /// <summary>Told of epochs and steps, on the thread that trains.</summary>
    [JsonIgnore]
    public IList<INetworkCallback> Callbacks { get; private set; } = [];

    /// <summary>How features become inputs.</summary>
    public PreprocessingOptions Preprocessing { get; private set; } = new();
}
