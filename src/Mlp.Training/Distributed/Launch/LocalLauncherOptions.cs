using System.ComponentModel.DataAnnotations;

namespace Mlp.Training.Distributed.Launch;

/// <summary>What ranks are started and how.</summary>
public sealed class LocalLauncherOptions
{
    /// <summary>The program; null for the one that runs.</summary>
    public string? Program { get; set; }

    /// <summary>Its arguments; null for those of the one that runs.</summary>
    public IReadOnlyList<string>? Arguments { get; set; }

    /// <summary>
    /// Variables that all ranks get besides those of the launch and of this process; a null value removes one. Of those of this process ranks do not get what mpirun, mpiexec or torchrun have told it (<c>OMPI_</c>, <c>PMI_</c>, <c>PMIX_</c>,
    /// <c>TORCHELASTIC_</c>): their place is another.
    /// </summary>
    public Dictionary<string, string?> Variables { get; } = new(StringComparer.Ordinal);

    /// <summary>How long the others may take to end by themselves when a rank has failed or the launch was cancelled; then they are killed. Default 5 seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan GracePeriod { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Whether the others go on when one has failed, as members of an <see cref="Elastic.ElasticGroup"/> do; then the launch ends with the last of them. Default false.</summary>
    public bool KeepsOthers { get; set; }

    /// <summary>Gets the ranks' lines, each with its rank before it: <c>[2] epoch 1</c>; null for the console.</summary>
    public TextWriter? Output { get; set; }

    /// <summary>Gets the lines of their standard errors; null for the console's.</summary>
    public TextWriter? ErrorOutput { get; set; }
}
