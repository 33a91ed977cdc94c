using Tensor = TorchSharp.torch.Tensor;

namespace Mlp.Training.Networks.Layers;

/// <summary>A layer with its weights. The network owns the weights; a module owns what it holds beside them.</summary>
/// <param name="site">Where it stands.</param>
internal abstract class LayerModule(LayerSite site) : IDisposable
{
    public LayerSite Site => site;

    /// <summary>Whether it leaves its input as it is in service.</summary>
    public virtual bool IsNothingInService => false;

    /// <summary>Computes the layer and tells of it.</summary>
    public Tensor Run(Tensor x, ForwardPass pass)
    {
        var y = Forward(x, pass);
        pass.Observe?.Invoke(site.Path, y);
        return y;
    }

    /// <summary>Adds the nodes that compute the layer in service.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="x">Name of its input.</param>
    /// <returns>Name of its output.</returns>
    public abstract string Write(LayerGraph graph, string x);

    public void Dispose() => Release();

    protected abstract Tensor Forward(Tensor x, ForwardPass pass);

    /// <summary>Frees what the module holds beside the network's weights.</summary>
    protected virtual void Release()
    {
    }
}
