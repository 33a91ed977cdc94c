using Mlp.Runtime.Registry;

namespace Mlp.Runtime.Inference;

/// <summary>The models that the application has declared. Applications call it and do not implement it: members are added in any version. Thread-safe.</summary>
public interface IModelCatalog
{
    /// <summary>All declared models, in the order of their declaration.</summary>
    IReadOnlyList<IModel> Models { get; }

    /// <summary>A declared model; it stays the same object while versions come and go.</summary>
    /// <param name="name">Model name.</param>
    /// <returns>The model, whatever its state.</returns>
    /// <exception cref="ModelNotFoundException">No model of that name was declared.</exception>
    IModel GetModel(string name);
}
