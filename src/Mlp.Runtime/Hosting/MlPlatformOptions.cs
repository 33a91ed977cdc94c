using System.ComponentModel.DataAnnotations;

namespace Mlp.Runtime.Hosting;

/// <summary>Settings of the platform, bound from the configuration section <c>MlPlatform</c> and validated at start.</summary>
public sealed class MlPlatformOptions
{
    /// <summary>The configuration section.</summary>
    public const string SectionName = "MlPlatform";

    /// <summary>The folder that holds everything the platform keeps.</summary>
    /// <value>The default value is <c>ml-data</c> under the current directory.</value>
    [Required(AllowEmptyStrings = false)]
    public string DataDirectory { get; set; } = "ml-data";

    /// <summary>How this process uses the data directory.</summary>
    /// <value>The default value is <see cref="MlPlatformMode.Owner"/>.</value>
    [EnumDataType(typeof(MlPlatformMode))]
    public MlPlatformMode Mode { get; set; } = MlPlatformMode.Owner;

    /// <summary>How long to wait for another owner to leave, 0 to 1 hour.</summary>
    /// <value>The default value is 30 seconds, which waits out an overlapping restart.</value>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan OwnerWait { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Greatest number of models in memory that are loaded on first call (<see cref="Inference.ModelLoading.OnFirstCall"/>), versions of <see cref="Inference.IModel.AtVersion"/> included, from 1; null
    /// for any number. The one that has not been called longest makes room for another. Models that are loaded at start do not count, and stay.
    /// </summary>
    /// <value>The default value is null.</value>
    [Range(1, int.MaxValue)]
    public int? MaximumLoadedModels { get; set; }

    /// <summary>
    /// Threads of one pool that the runs of all models share, 1 to 1024, a caller's own among them; null for none. Without a pool a call runs on its caller's thread alone, which serves many callers best; with one, a single
    /// run of a large model is split. ONNX Runtime takes a pool at its first call in a process only.
    /// </summary>
    /// <value>The default value is null.</value>
    [Range(1, 1024)]
    public int? SharedThreadCount { get; set; }

    /// <summary>Whether idle threads of the shared pool spin before they sleep: runs begin sooner, and the processor is busy meanwhile.</summary>
    /// <value>The default value is false.</value>
    public bool SharedThreadsSpin { get; set; }
}
