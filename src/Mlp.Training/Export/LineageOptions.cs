using System.Collections.ObjectModel;

namespace Mlp.Training.Export;

/// <summary>What the caller knows of where a model comes from; see <see cref="ModelLineage"/>.</summary>
public sealed class LineageOptions
{
    /// <summary>Id of the training run.</summary>
    /// <value>The default value is null.</value>
    public string? RunId { get; set; }

    /// <summary>Version of the code that trained it.</summary>
    /// <value>The default value is null, which stands for the informational version of the entry assembly.</value>
    public string? CodeVersion { get; set; }

    /// <summary>Settings by name, beside those of the trainer, which they go before.</summary>
    /// <value>The default value is empty.</value>
    public IReadOnlyDictionary<string, string> Parameters { get; set; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>Quality by name, where it is known before the export; <see cref="TrainedModel.ToPackage"/> adds what is known then.</summary>
    /// <value>The default value is empty.</value>
    public IReadOnlyDictionary<string, double> Metrics { get; set; } = ReadOnlyDictionary<string, double>.Empty;
}
