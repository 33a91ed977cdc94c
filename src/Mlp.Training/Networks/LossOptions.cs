using System.ComponentModel.DataAnnotations;

namespace Mlp.Training.Networks;

/// <summary>What training makes small, and how much rows count in it.</summary>
public sealed class LossOptions
{
    internal const double DefaultQuantile = 0.5;
    internal const double DefaultHuberDelta = 1;

    /// <summary>The loss.</summary>
    /// <value>The default value is <see cref="NetworkLossKind.Default"/>.</value>
    [EnumDataType(typeof(NetworkLossKind))]
    public NetworkLossKind Kind { get; set; } = NetworkLossKind.Default;

    /// <summary>The quantile of <see cref="NetworkLossKind.Quantile"/>, 0.001 to 0.999. For no other loss.</summary>
    /// <value>The default value is 0.5, the median.</value>
    [Range(0.001, 0.999)]
    public double Quantile { get; set; } = DefaultQuantile;

    /// <summary>Where <see cref="NetworkLossKind.Huber"/> turns from square to absolute, in standard deviations of the label, 0.001 to 1,000. For no other loss.</summary>
    /// <value>The default value is 1.</value>
    [Range(0.001, 1000.0)]
    public double HuberDelta { get; set; } = DefaultHuberDelta;

    /// <summary>Share of a classifier's target that is spread over all classes (Szegedy et al., 2016), 0 to 0.9. The validation loss is measured without it.</summary>
    /// <value>The default value is 0.</value>
    [Range(0.0, 0.9)]
    public double LabelSmoothing { get; set; }

    /// <summary>How much rows of a class count, by the class' name (<c>0</c> and <c>1</c> where labels are numbers), above 0. A class that is absent counts 1.</summary>
    /// <value>The default value is empty.</value>
    public IDictionary<string, double> ClassWeights { get; private set; } = new Dictionary<string, double>(StringComparer.Ordinal);

    /// <summary>Whether rows count inversely to how often their class occurs among the training rows. Beside <see cref="ClassWeights"/> both apply.</summary>
    /// <value>The default value is false.</value>
    public bool BalanceClasses { get; set; }

    internal LossOptions Copy()
    {
        var copy = (LossOptions)MemberwiseClone();
        copy.ClassWeights = new Dictionary<string, double>(ClassWeights, StringComparer.Ordinal);
        return copy;
    }
}
