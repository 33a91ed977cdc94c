namespace Mlp.Runtime.Data;

/// <summary>Computes the on-demand features of a request and writes them into a row. Thread-safe.</summary>
/// <typeparam name="TRequest">The request record.</typeparam>
/// <param name="request">The request.</param>
/// <param name="destination">Rows with the service's layout.</param>
/// <param name="row">Row index.</param>
public delegate void RequestFeatureWriter<TRequest>(in TRequest request, FeatureRows destination, int row);
