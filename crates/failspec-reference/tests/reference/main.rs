//! Tests of the reference implementations with requests that no scenario sends.

mod apinizer;
mod dice;
mod k0rdent;
mod kubeadapt;
mod kubeglass;
mod kubevision;
mod server;
