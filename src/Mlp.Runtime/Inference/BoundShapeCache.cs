namespace Mlp.Runtime.Inference;

/// <summary>The shapes that a slot has been bound to: as many as fit, then the oldest one goes. Not thread-safe.</summary>
internal sealed class BoundShapeCache(int capacity) : IDisposable
{
    private readonly BoundShape?[] _shapes = new BoundShape?[capacity];
    private int _next;

    /// <summary>Looks a shape up.</summary>
    /// <param name="rowCount">Number of rows.</param>
    /// <returns>The shape, or null if it is not there.</returns>
    public BoundShape? Find(int rowCount)
    {
        foreach (var shape in _shapes)
        {
            if (shape is not null && shape.RowCount == rowCount)
            {
                return shape;
            }
        }

        return null;
    }

    /// <summary>Keeps a shape.</summary>
    /// <param name="shape">The shape.</param>
    /// <returns>The same shape.</returns>
    public BoundShape Add(BoundShape shape)
    {
        _shapes[_next]?.Dispose();
        _shapes[_next] = shape;
        _next = (_next + 1) % _shapes.Length;
        return shape;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var shape in _shapes)
        {
            shape?.Dispose();
        }
    }
}
