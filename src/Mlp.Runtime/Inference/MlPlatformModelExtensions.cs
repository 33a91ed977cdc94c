using Mlp.Runtime.Inference;
using Mlp.Runtime.Registry;

namespace Mlp.Runtime.Hosting;

/// <summary>The models of a platform.</summary>
public static class MlPlatformModelExtensions
{
    extension(MlPlatform platform)
    {
        /// <summary>Published versions and their aliases.</summary>
        public IModelRegistry Registry => platform.FindPart<IModelRegistry>()!;

        /// <summary>A model that the application has declared by <see cref="ModelBuilderExtensions.AddModel"/>.</summary>
        /// <param name="name">Model name.</param>
        /// <returns>The model; it may not be ready yet.</returns>
        /// <exception cref="ModelNotFoundException">No such model was declared.</exception>
        public IModel GetModel(string name)
        {
            var catalog = platform.FindPart<IModelCatalog>()
                ?? throw new ModelNotFoundException(name, name, $"Expected a model that the application has declared by AddModel, but found no '{name}'; declared are: none.");
            return catalog.GetModel(name);
        }
    }
}
