using System.Globalization;
using Mlp.Runtime.Data;

namespace Mlp.Training.Trees;

/// <summary>One column of trees.</summary>
/// <param name="Index">Index of the feature in the service's order.</param>
/// <param name="Element">Which element of a vector; 0 otherwise.</param>
/// <param name="Feature">The feature.</param>
/// <param name="IsCategory">Whether its values have no order.</param>
internal sealed record TreeColumn(int Index, int Element, FeatureColumn Feature, bool IsCategory)
{
    /// <summary>Name of the column: that of the feature, and of a vector its element behind it.</summary>
    public string Name => Feature.IsVector ? string.Create(CultureInfo.InvariantCulture, $"{Feature.Name}[{Element}]") : Feature.Name;
}
